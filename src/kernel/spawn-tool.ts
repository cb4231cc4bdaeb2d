/**
 * Starts a short-lived program by posix_spawn(3). Node's own spawn forks this process, which copies its page tables: 5 ms
 * each time in a daemon of 100 MB. posix_spawn borrows the memory until the program is loaded: 0.4 ms. Standard input and
 * output are files in memory, so that nothing has to be pumped; the end shows as the end of a pipe only the program holds.
 */
import { closeSync, fstatSync, readSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import koffi from 'koffi';
import { openPipe, systemError } from './libc.ts';
import { openAll } from './open-all.ts';

const libc = koffi.load(null);
const memfdCreate = libc.func('int memfd_create(const char *name, unsigned int flags)');
const lseek = libc.func('long lseek(int fd, long offset, int whence)');
const posixSpawnp = libc.func(
  'int posix_spawnp(_Out_ int *pid, const char *file, void *actions, void *attributes, const char **argv, const char **environment)',
);
const actionsInit = libc.func('int posix_spawn_file_actions_init(void *actions)');
const actionsDup2 = libc.func('int posix_spawn_file_actions_adddup2(void *actions, int fd, int target)');
const actionsDestroy = libc.func('int posix_spawn_file_actions_destroy(void *actions)');
const attributesInit = libc.func('int posix_spawnattr_init(void *attributes)');
const attributesSetFlags = libc.func('int posix_spawnattr_setflags(void *attributes, short flags)');
const attributesSetDefault = libc.func('int posix_spawnattr_setsigdefault(void *attributes, const void *signals)');
const attributesSetMask = libc.func('int posix_spawnattr_setsigmask(void *attributes, const void *signals)');
const waitpid = libc.func('int waitpid(int pid, _Out_ int *status, int options)');

const MFD_CLOEXEC = 1;
const SETSIGDEF = 4;
const SETSIGMASK = 8;
const EINTR = 4;
/** The opaque structures: glibc's have 80 and 336 bytes, musl's fewer. */
const ACTIONS_SIZE = 128;
const ATTRIBUTES_SIZE = 512;
const SIGSET_SIZE = 128;

/** How it ended: an exit code, or the number of the signal that killed it. */
export interface ToolEnd {
  readonly exitCode?: number;
  readonly signal?: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartedTool {
  readonly pid: number;
  readonly ended: Promise<ToolEnd>;
}

/** Node ignores SIGPIPE, and a program inherits what is ignored: all signals go back to their defaults, none is blocked. */
const ATTRIBUTES = (() => {
  const attributes = Buffer.alloc(ATTRIBUTES_SIZE);
  attributesInit(attributes);
  attributesSetDefault(attributes, Buffer.alloc(SIGSET_SIZE, 0xff));
  attributesSetMask(attributes, Buffer.alloc(SIGSET_SIZE));
  attributesSetFlags(attributes, SETSIGDEF | SETSIGMASK);
  return attributes;
})();

/**
 * Starts `argv` in the thread's present network namespace. Throws (`ENOENT`, `EACCES`) when it cannot be started.
 * `environment` is the whole of it.
 */
export function startTool(
  argv: readonly [string, ...string[]],
  environment: Readonly<Record<string, string | undefined>>,
  stdin = '',
): StartedTool {
  return openAll((keep) => {
    const files = [keep(memoryFile(stdin)), keep(memoryFile()), keep(memoryFile())] as const;
    const { readEnd, writeEnd } = openPipe();
    keep(readEnd);
    const actions = Buffer.alloc(ACTIONS_SIZE);
    actionsInit(actions);
    const pid: [number] = [0];
    try {
      for (const [target, fd] of [...files, writeEnd].entries()) actionsDup2(actions, fd, target);
      const variables = Object.entries(environment).flatMap(([key, value]) =>
        value === undefined ? [] : [`${key}=${value}`],
      );
      const failure = posixSpawnp(pid, argv[0], actions, ATTRIBUTES, [...argv, null], [...variables, null]);
      if (failure !== 0) throw systemError('posix_spawn', failure, argv[0]);
    } finally {
      actionsDestroy(actions);
      closeSync(writeEnd);
    }
    return { pid: pid[0], ended: endOf(pid[0], readEnd, files) };
  });
}

async function endOf(
  pid: number,
  pipe: number,
  [stdin, stdout, stderr]: readonly [number, number, number],
): Promise<ToolEnd> {
  const end = new Socket({ fd: pipe, readable: true, writable: false });
  await new Promise<void>((resolve) => {
    end.once('close', () => resolve());
    end.resume();
  });
  closeSync(stdin);
  const status = reap(pid);
  const texts = { stdout: readAll(stdout), stderr: readAll(stderr) };
  const signal = status & 0x7f;
  return signal === 0 ? { exitCode: (status >> 8) & 0xff, ...texts } : { signal, ...texts };
}

/** The wait status. The program has closed all its files, so it is as good as dead: this blocks for microseconds. */
function reap(pid: number): number {
  const status: [number] = [0];
  while (waitpid(pid, status, 0) < 0) {
    if (koffi.errno() !== EINTR) throw systemError('waitpid', koffi.errno());
  }
  return status[0];
}

/** A file in memory with `text` in it, to be read from its start. */
function memoryFile(text = ''): number {
  const fd = memfdCreate('podwire', MFD_CLOEXEC);
  if (fd < 0) throw systemError('memfd_create', koffi.errno());
  const bytes = Buffer.from(text);
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  if (bytes.length > 0) lseek(fd, 0, 0);
  return fd;
}

/** Reads a memory file from its start and closes it. */
function readAll(fd: number): string {
  const bytes = Buffer.alloc(fstatSync(fd).size);
  for (let done = 0; done < bytes.length; ) done += readSync(fd, bytes, done, bytes.length - done, done);
  closeSync(fd);
  return bytes.toString();
}
