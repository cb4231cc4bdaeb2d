/**
 * The few C library calls Node has no word for, through koffi: entering a namespace, a socket made and bound by hand,
 * a pseudo-terminal, the loopback device's UP flag. Knows nothing of labs. Failures carry Node's error codes.
 */
import { getSystemErrorMap } from 'node:util';
import koffi from 'koffi';

// The running program has the C library already: no library name to guess, glibc or musl.
const libc = koffi.load(null);

const setns = libc.func('int setns(int fd, int kind)');
const unshare = libc.func('int unshare(int kind)');
const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, const void *address, unsigned int length)');
const setsockopt = libc.func('int setsockopt(int fd, int level, int name, const void *value, unsigned int length)');
const ioctl = libc.func('int ioctl(int fd, unsigned long request, ...)');
const fcntl = libc.func('int fcntl(int fd, int command, ...)');
const syscall = libc.func('long syscall(long number, ...)');
const openpty = libc.func('int openpty(_Out_ int *master, _Out_ int *slave, void *name, void *terminal, void *size)');

const CLONE_NEWNET = 0x40000000;
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const IPPROTO_SCTP = 132;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const TIOCSWINSZ = 0x5414;
const TIOCSPTLCK = 0x40045431;
const TIOCGPTPEER = 0x5441;
const O_CLOEXEC = 0o2000000;
/** The same number on every architecture. */
const SYS_OPENAT2 = 437;
/** RESOLVE_IN_ROOT, RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS of openat2(2). */
const RESOLVE_WITHIN = 0x10 | 0x04 | 0x02;
const SIOCGIFFLAGS = 0x8913;
const SIOCSIFFLAGS = 0x8914;
const IFF_UP = 1;
const IFREQ_SIZE = 40;
const IFREQ_FLAGS = 16;

/** An error as Node itself reports a failed system call, with `code`, `errno` and `syscall`. */
export function systemError(syscall: string, errno: number, detail = ''): NodeJS.ErrnoException {
  const [code, meaning] = getSystemErrorMap().get(-errno) ?? [`E${errno}`, 'unknown error'];
  const error: NodeJS.ErrnoException = new Error(`${syscall} ${code}: ${meaning}${detail === '' ? '' : ` ${detail}`}`);
  return Object.assign(error, { code, errno: -errno, syscall });
}

function check(syscall: string, result: number, detail?: string): number {
  if (result < 0) throw systemError(syscall, koffi.errno(), detail);
  return result;
}

/** Moves the calling thread into the network namespace of an open `/run/netns/…` or `/proc/…/ns/net` file. */
export function enterNetworkNamespace(fd: number): void {
  check('setns', setns(fd, CLONE_NEWNET));
}

/** Moves the calling thread into a new network namespace. */
export function unshareNetwork(): void {
  check('unshare', unshare(CLONE_NEWNET));
}

/** A socket of the thread's present namespace; it stays there. Non-blocking, closed on exec. */
export function openSocket(transport: 'tcp' | 'udp', family: 4 | 6): number {
  const kind = transport === 'tcp' ? SOCK_STREAM : SOCK_DGRAM;
  return check('socket', socket(family === 4 ? AF_INET : AF_INET6, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

/** Throws (EPROTONOSUPPORT) where the kernel has no SCTP. */
export function trySctp(): void {
  closeDescriptor(check('socket', socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_SCTP)));
}

/** Lets a listener take a port whose former connections are in TIME_WAIT, as every server does. */
export function reuseAddress(fd: number): void {
  check('setsockopt', setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, new Int32Array([1]), 4));
}

/** Binds a socket. `address` is a sockaddr_in or sockaddr_in6; `shown` is what an error names. */
export function bindSocket(fd: number, address: Uint8Array, shown: string): void {
  check('bind', bind(fd, address, address.length), shown);
}

/** sockaddr_in or sockaddr_in6 from the address's bytes (4 or 16) and a port. */
export function socketAddress(bytes: Uint8Array, port: number): Uint8Array {
  const isIpv4 = bytes.length === 4;
  const buffer = Buffer.alloc(isIpv4 ? 16 : 28);
  // The family is in the machine's byte order, the port in the network's.
  new Uint16Array(buffer.buffer, buffer.byteOffset, 1)[0] = isIpv4 ? AF_INET : AF_INET6;
  buffer.writeUInt16BE(port, 2);
  buffer.set(bytes, isIpv4 ? 4 : 8);
  return buffer;
}

/** Sets a device UP in the thread's present namespace (an ioctl, 4 µs, where `ip` would be a process). */
export function setInterfaceUp(name: string): void {
  const fd = openSocket('udp', 4);
  try {
    const request = new Uint8Array(IFREQ_SIZE);
    request.set(Buffer.from(name, 'latin1').subarray(0, IFREQ_FLAGS - 1));
    const flags = new Uint16Array(request.buffer, IFREQ_FLAGS, 1);
    check('ioctl', ioctl(fd, SIOCGIFFLAGS, 'void *', request), name);
    flags[0]! |= IFF_UP;
    check('ioctl', ioctl(fd, SIOCSIFFLAGS, 'void *', request), name);
  } finally {
    closeDescriptor(fd);
  }
}

const close = libc.func('int close(int fd)');

/** Closes a descriptor that no Node object owns. */
export function closeDescriptor(fd: number): void {
  check('close', close(fd));
}

/** Both ends of a pseudo-terminal, closed on exec. */
export function openTerminalPair(): { master: number; slave: number } {
  const [master, slave] = [[0], [0]];
  check('openpty', openpty(master, slave, null, null, null));
  for (const fd of [master[0]!, slave[0]!]) check('fcntl', fcntl(fd, F_SETFD, 'int', FD_CLOEXEC));
  return { master: master[0]!, slave: slave[0]! };
}

/** Opens `path` (relative) below the directory `root` without following a link; closed on exec. */
export function openInRoot(root: number, path: string, flags: number): number {
  const how = new BigUint64Array([BigInt(flags | O_CLOEXEC), 0n, BigInt(RESOLVE_WITHIN)]);
  const fd = syscall(SYS_OPENAT2, 'int', root, 'str', path, 'void *', how, 'size_t', how.byteLength);
  return check('openat2', Number(fd), path);
}

/** Lets a terminal's other end be opened. */
export function unlockTerminal(master: number): void {
  check('ioctl', ioctl(master, TIOCSPTLCK, 'void *', new Int32Array([0])));
}

/** The other end of a terminal, in the devpts of its master; closed on exec. */
export function openPeer(master: number, flags: number): number {
  return check('ioctl', ioctl(master, TIOCGPTPEER, 'int', flags | O_CLOEXEC));
}

const pipe2 = libc.func('int pipe2(void *ends, int flags)');

/** A pipe, both ends closed on exec: `[readEnd, writeEnd]`. */
export function openPipe(): { readEnd: number; writeEnd: number } {
  const ends = new Int32Array(2);
  check('pipe2', pipe2(ends, SOCK_CLOEXEC));
  return { readEnd: ends[0]!, writeEnd: ends[1]! };
}

/** Tells a terminal its size; the foreground processes get SIGWINCH. */
export function setTerminalSize(fd: number, size: { columns: number; rows: number }): void {
  const winsize = new Uint16Array([size.rows, size.columns, 0, 0]);
  check('ioctl', ioctl(fd, TIOCSWINSZ, 'void *', winsize));
}
