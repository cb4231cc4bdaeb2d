/**
 * The window: a stretch of synchronous code that runs with this thread inside another network namespace. What is made
 * in it (sockets, processes) stays there; what is made later, by a promise or a callback, does not. Costs some 5 µs.
 */
import { closeSync, openSync, stat, statSync } from 'node:fs';
import { KernelError } from './kernel-error.ts';
import { enterNetworkNamespace, unshareNetwork } from './libc.ts';

const NAMED = '/run/netns';

/** The file of a namespace; `''` is the one the program itself stands in. Refuses names that are no file names. */
export function namespacePath(name: string): string {
  if (name === '') return '/proc/thread-self/ns/net';
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/.test(name)) throw new RangeError(`not a namespace name: ${name}`);
  return `${NAMED}/${name}`;
}

/** True when a namespace of that name is mounted (or a stale file of a namespace that was never mounted lies there). */
export function namespaceExists(name: string): boolean {
  return statSync(namespacePath(name), { throwIfNoEntry: false }) !== undefined;
}

/** True when a namespace stands under that name; a file that only lies there (after a reboot, say) is none. */
export function namespaceStands(name: string): boolean {
  // Namespaces are files of a file system of their own.
  return statSync(namespacePath(name), { throwIfNoEntry: false })?.dev === statSync('/proc/self/ns/net').dev;
}

/** The inode that identifies the namespace. */
export function namespaceInode(name: string): number {
  try {
    return statSync(namespacePath(name)).ino;
  } catch (cause) {
    throw missing(name, cause);
  }
}

/** Runs `action` inside `netns` and returns to where the thread was, also when it throws. Windows nest. */
export function within<T>(netns: string, action: () => T): T {
  if (netns === '') return present === undefined ? refusePromise(action()) : withinDescriptor(openHome(), action);
  const target = openNamespace(netns);
  try {
    return withinDescriptor(target, action);
  } catch (error) {
    if (isSyscall(error, 'setns')) throw notEntered(netns, error);
    throw error;
  } finally {
    closeSync(target);
  }
}

/** `within`, for a namespace that is held open by a descriptor. */
export function withinDescriptor<T>(target: number, action: () => T): T {
  const outer = present;
  const back = outer ?? openHome();
  enterNetworkNamespace(target);
  present = target;
  try {
    return refusePromise(action());
  } finally {
    present = outer;
    leaveTo(back);
  }
}

/**
 * A namespace without a name: it lives while its descriptor or a process in it does, so it is gone with this process
 * however that ends. The caller closes the descriptor. Not to be called within a window.
 */
export function openScratchNamespace(): number {
  const back = openHome();
  unshareNetwork();
  try {
    return openPresent();
  } finally {
    leaveTo(back);
  }
}

/** The namespace of the innermost window this thread is in; undefined: its own. */
let present: number | undefined;
let home: number | undefined;

/** The thread's own namespace, held open from the first window on. */
function openHome(): number {
  if (home === undefined) {
    // A thread starts in its maker's namespace, and Node makes its pool's threads when first needed: if that were in a
    // window, they would stay in a pod's namespace, and keep it, for good. So they are made now.
    stat('/', () => undefined);
    home = openPresent();
  }
  return home;
}

function openPresent(): number {
  return openSync('/proc/thread-self/ns/net', 'r');
}

function openNamespace(netns: string): number {
  const path = namespacePath(netns);
  try {
    return openSync(path, 'r');
  } catch (cause) {
    throw missing(netns, cause);
  }
}

/** Going on in the wrong namespace would change a network that is not the lab's: then rather end. */
function leaveTo(back: number): void {
  try {
    enterNetworkNamespace(back);
  } catch (error) {
    process.stderr.write(`podwire: cannot return to the own network namespace: ${String(error)}\n`);
    process.abort();
  }
}

/** An async action would go on outside the window, in the wrong namespace. */
function refusePromise<T>(result: T): T {
  if (result instanceof Promise) throw new TypeError('the action of a namespace window must be synchronous');
  return result;
}

function missing(netns: string, cause: unknown): KernelError {
  const stderr = `no network namespace of that name (${String(cause)})`;
  return new KernelError({ netns, tool: 'setns', line: namespacePath(netns), stderr, cause });
}

function notEntered(netns: string, cause: unknown): KernelError {
  return new KernelError({ netns, tool: 'setns', line: namespacePath(netns), stderr: String(cause), cause });
}

function isSyscall(error: unknown, syscall: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).syscall === syscall;
}
