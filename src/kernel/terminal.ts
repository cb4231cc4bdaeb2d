/**
 * Pseudo-terminals. One is of the host's devpts, or of a container's own, so that programs in it find their terminal by its name
 * (`tty` prints /dev/pts/0). Both ends are closed on exec, so that no other process started meanwhile keeps them open.
 */
import { closeSync, constants, openSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { borrowDescriptor } from './borrow-descriptor.ts';
import type { Pty, TerminalPlace, TerminalSize } from './kernel.ts';
import { openInRoot, openPeer, openTerminalPair, setTerminalSize, unlockTerminal } from './libc.ts';

const O_PATH = 0o10000000;

/** Opens a terminal; see `Kernel.openPty`. */
export function openPty(size: TerminalSize, place?: TerminalPlace): Pty {
  const { master, slave } = place === undefined ? openTerminalPair() : openInContainer(place);
  setTerminalSize(master, size);
  const name = basename(readlinkSync(`/proc/self/fd/${slave}`));
  return { master, slave, name, resize: (next) => setTerminalSize(master, next) };
}

/** The master of a terminal that another process holds; see `Kernel.borrowPty`. */
export function borrowPty(pid: number, fd: number): Pick<Pty, 'master' | 'resize'> {
  const master = borrowDescriptor(pid, fd);
  return { master, resize: (next) => setTerminalSize(master, next) };
}

/**
 * The container's files are its program's to change: nothing outside its root is ever opened, and no link followed. What is no
 * terminal multiplexer is refused by the first ioctl (ENOTTY).
 */
function openInContainer({ pid, directory }: TerminalPlace): { master: number; slave: number } {
  const root = openSync(`/proc/${pid}/root`, constants.O_DIRECTORY | O_PATH);
  let master: number;
  try {
    master = openInRoot(root, join(directory, 'ptmx'), constants.O_RDWR | constants.O_NOCTTY);
  } finally {
    closeSync(root);
  }
  try {
    unlockTerminal(master);
    return { master, slave: openPeer(master, constants.O_RDWR | constants.O_NOCTTY) };
  } catch (error) {
    closeSync(master);
    throw error;
  }
}
