/**
 * How long a TCP connection takes, by the system calls alone: Node's own sockets would add an event loop, and some 50 µs,
 * to the 30 µs of a connection.
 */
import koffi from 'koffi';
import { reuseAddress, socketAddress, systemError } from '../../src/kernel/libc.ts';
import { within } from '../../src/kernel/namespace-window.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

const libc = koffi.load(null);
const socket = libc.func('int socket(int domain, int type, int protocol)');
const setsockopt = libc.func('int setsockopt(int fd, int level, int name, const void *value, unsigned int length)');
const connect = libc.func('int connect(int fd, const void *address, unsigned int length)');
const recv = libc.func('long recv(int fd, void *buffer, size_t length, int flags)');
const close = libc.func('int close(int fd)');

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
/** What connect(2) says when the time of SO_SNDTIMEO is up. */
const EINPROGRESS = 115;
const SOL_SOCKET = 1;
const SO_LINGER = 13;
const SO_RCVTIMEO = 20;
const SO_SNDTIMEO = 21;
/** struct timeval of two seconds: longer than any connection here, shorter than TCP's own patience. */
const TIMEOUT = new BigInt64Array([2n, 0n]);
/** struct linger: closing resets the connection, which then holds no port in TIME_WAIT. */
const RESET = new Int32Array([1, 0]);

/**
 * Connects from `netns` to an IPv4 address and resets. Microseconds until connect(2) returns; with `reads`, until a first byte has
 * been read. Throws ECONNREFUSED and friends, and when it takes two seconds.
 */
export function timeConnection(netns: string, { host, port }: Endpoint, reads = false): number {
  const address = socketAddress(Uint8Array.from(host.split('.').map(Number)), port);
  const fd = check(
    'socket',
    within(netns, () => socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
    '',
  );
  try {
    for (const name of [SO_RCVTIMEO, SO_SNDTIMEO]) setsockopt(fd, SOL_SOCKET, name, TIMEOUT, TIMEOUT.byteLength);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, RESET, RESET.byteLength);
    reuseAddress(fd);
    const start = performance.now();
    const connected = connect(fd, address, address.length);
    const read = reads && connected === 0 ? Number(recv(fd, new Uint8Array(1), 1, 0)) : 1;
    const end = performance.now();
    if (connected < 0 && koffi.errno() === EINPROGRESS) throw new Error(`${host}:${port} does not answer`);
    check('connect', connected, `${host}:${port}`);
    if (check('recv', read, `${host}:${port}`) === 0) throw new Error(`${host}:${port} closed without a word`);
    return (end - start) * 1000;
  } finally {
    close(fd);
  }
}

function check(syscall: string, result: number, detail: string): number {
  if (result < 0) throw systemError(syscall, koffi.errno(), detail);
  return result;
}
