/** Duplicates an open file of another process (pidfd_getfd(2), Linux 5.6): how a daemon comes by the pipes its predecessor left. */
import koffi from 'koffi';
import { closeDescriptor, systemError } from './libc.ts';

const libc = koffi.load(null);
const syscall = libc.func('long syscall(long number, ...)');
// These have the same number on every architecture.
const PIDFD_OPEN = 434;
const PIDFD_GETFD = 438;

/** A duplicate of descriptor `fd` of process `pid`, closed on exec. Throws ESRCH, EBADF, EPERM. */
export function borrowDescriptor(pid: number, fd: number): number {
  const process = check('pidfd_open', syscall(PIDFD_OPEN, 'int', pid, 'unsigned int', 0));
  try {
    return check('pidfd_getfd', syscall(PIDFD_GETFD, 'int', process, 'int', fd, 'unsigned int', 0));
  } finally {
    closeDescriptor(process);
  }
}

function check(name: string, result: number | bigint): number {
  if (Number(result) < 0) throw systemError(name, koffi.errno());
  return Number(result);
}
