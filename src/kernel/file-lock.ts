/**
 * An exclusive lock on a file that the Linux kernel itself gives back when its holder dies. Node has no flock(2):
 * flock(1) takes it on a descriptor it inherits, and the lock belongs to the open file, which this process keeps.
 */
import { spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export interface FileLock {
  /** Removes the file and lets the next one in. */
  release(): void;
}

/**
 * Takes the lock at `path`, whose folder (0700) and file (0600) are made. Waits for its holder, or with `wait: false`
 * resolves with undefined when there is one.
 */
export async function lockFile(path: string, options: { readonly wait: boolean }): Promise<FileLock | undefined> {
  for (;;) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    let fd: number;
    try {
      fd = openSync(path, 'a', 0o600);
    } catch (error) {
      // The former holder has just removed the folder.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw error;
    }
    if (!(await flock(fd, options.wait))) {
      closeSync(fd);
      return undefined;
    }
    // The former holder removed the file while we waited: that lock keeps nobody out any more.
    if (fstatSync(fd).ino !== statSync(path, { throwIfNoEntry: false })?.ino) {
      closeSync(fd);
      continue;
    }
    return {
      release() {
        rmSync(path, { force: true });
        closeSync(fd);
      },
    };
  }
}

/** Runs flock(1) on the descriptor; false when somebody holds it and `wait` is not wanted. */
function flock(fd: number, wait: boolean): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn('flock', ['--exclusive', ...(wait ? [] : ['--nonblock']), '3'], {
      stdio: ['ignore', 'ignore', 'ignore', fd],
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve(true);
      else if (code === 1 && !wait) resolve(false);
      else reject(new Error(`flock ended with ${code}`));
    });
  });
}
