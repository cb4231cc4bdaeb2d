/** Real SCTP associations, for kernels that have such sockets: servers that say who they are and whom they see, and who asks them. */
import koffi from 'koffi';
import type { Kernel, Netns } from '../../../src/kernel/kernel.ts';
import { systemError } from '../../../src/kernel/libc.ts';

const libc = koffi.load(null);
const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, const void *address, unsigned int size)');
const listen = libc.func('int listen(int fd, int backlog)');
const accept = libc.func('int accept(int fd, void *address, void *size)');
const connect = libc.func('int connect(int fd, const void *address, unsigned int size)');
const setsockopt = libc.func('int setsockopt(int fd, int level, int name, const void *value, unsigned int size)');
const send = libc.func('long send(int fd, const void *data, size_t length, int flags)');
const recv = libc.func('long recv(int fd, void *data, size_t length, int flags)');
const close = libc.func('int close(int fd)');

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const IPPROTO_IP = 0;
const IP_RECVERR = 11;
const IPPROTO_SCTP = 132;
const EAGAIN = 11;
const EINPROGRESS = 115;
const PENDING: ReadonlySet<number> = new Set([EAGAIN, EINPROGRESS]);

/** Whether this kernel has SCTP sockets; the first one loads the module. */
export function hasSctpSockets(): boolean {
  const fd = socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP) as number;
  if (fd >= 0) close(fd);
  return fd >= 0;
}

/** Takes associations in a namespace at an address and port; `answer` must be called again and again. */
export class SctpServer {
  readonly #fd: number;
  readonly #name: string;

  constructor(kernel: Pick<Kernel, 'within'>, netns: Netns, name: string, { ip, port }: { ip: string; port: number }) {
    this.#fd = openSocket(kernel, netns);
    this.#name = name;
    check('bind', bind(this.#fd, addressOf(ip, port), 16) as number);
    check('listen', listen(this.#fd, 64) as number);
  }

  /** Tells all that have come since who answers and whom it sees: `NAME PEER`. */
  answer(): void {
    for (;;) {
      const peer = Buffer.alloc(16);
      const accepted = accept(this.#fd, peer, Buffer.from(new Int32Array([16]).buffer)) as number;
      if (accepted < 0) return;
      const text = Buffer.from(`${this.#name} ${[...peer.subarray(4, 8)].join('.')}`);
      send(accepted, text, text.length, 0);
      close(accepted);
    }
  }

  close(): void {
    close(this.#fd);
  }
}

/** One association from an address of a namespace. */
export class SctpClient {
  readonly #fd: number;

  constructor(kernel: Pick<Kernel, 'within'>, netns: Netns, from: string, to: { ip: string; port: number }) {
    this.#fd = openSocket(kernel, netns);
    // A host of several addresses would offer them all, and NAT knows of one.
    check('bind', bind(this.#fd, addressOf(from, 0), 16) as number);
    // Refusals (ICMP) end the attempt.
    check('setsockopt', setsockopt(this.#fd, IPPROTO_IP, IP_RECVERR, Buffer.from([1, 0, 0, 0]), 4) as number);
    const result = connect(this.#fd, addressOf(to.ip, to.port), 16) as number;
    if (result < 0 && koffi.errno() !== EINPROGRESS) throw systemError('connect', koffi.errno());
  }

  /** What the server has said; undefined while it has said nothing. Throws when it refuses. */
  heard(): string | undefined {
    const data = Buffer.alloc(64);
    const length = Number(recv(this.#fd, data, data.length, 0));
    if (length >= 0) return data.toString('utf8', 0, length);
    if (!PENDING.has(koffi.errno())) throw systemError('recv', koffi.errno());
    return undefined;
  }

  close(): void {
    close(this.#fd);
  }
}

function openSocket(kernel: Pick<Kernel, 'within'>, netns: Netns): number {
  const fd = kernel.within(netns, () => socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_SCTP) as number);
  return check('socket', fd);
}

function addressOf(ip: string, port: number): Buffer {
  const address = Buffer.alloc(16);
  address.writeUInt16LE(AF_INET, 0);
  address.writeUInt16BE(port, 2);
  address.set(ip.split('.').map(Number), 4);
  return address;
}

function check(name: string, result: number): number {
  if (result < 0) throw systemError(name, koffi.errno());
  return result;
}
