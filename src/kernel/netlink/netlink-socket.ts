/** A netlink socket of the thread's present namespace, through koffi: one request at a time, each with its acknowledgement. */
import { closeSync } from 'node:fs';
import koffi from 'koffi';
import { systemError } from '../libc.ts';

const libc = koffi.load(null);
const socket = libc.func('int socket(int domain, int type, int protocol)');
const send = libc.func('long send(int fd, const void *bytes, size_t length, int flags)');
const recv = libc.func('long recv(int fd, void *bytes, size_t length, int flags)');
const ifNameToIndex = libc.func('unsigned int if_nametoindex(const char *name)');

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const ROUTE = 0;
/** An acknowledgement carries the request's header, and the whole of one that failed: links have some 200 bytes. */
const ANSWER_SIZE = 8_192;

export interface NetlinkSocket {
  /** Sends one request and gives the kernel's answer to it. Throws when the socket itself fails. */
  exchange(request: Uint8Array): Uint8Array;
  close(): void;
}

/** Opens a NETLINK_ROUTE socket. */
export function openRouteSocket(): NetlinkSocket {
  const fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, ROUTE);
  if (fd < 0) throw systemError('socket', koffi.errno());
  const answer = Buffer.alloc(ANSWER_SIZE);
  return {
    exchange(request) {
      // The kernel works while `send` runs, so the answer is there when it returns.
      if (send(fd, request, request.length, 0) < 0) throw systemError('send', koffi.errno());
      const length = Number(recv(fd, answer, answer.length, 0));
      if (length < 0) throw systemError('recv', koffi.errno());
      return answer.subarray(0, length);
    },
    close: () => closeSync(fd),
  };
}

/** The index of a device of the thread's present namespace; throws ENODEV when there is none of that name. */
export function deviceIndex(name: string): number {
  const index = ifNameToIndex(name);
  if (index === 0) throw systemError('if_nametoindex', koffi.errno(), name);
  return index;
}
