/** One command at a time may build or remove a lab. */
import { type FileLock, lockFile } from '../kernel/file-lock.ts';
import { LabError } from './lab-error.ts';
import { lockPath } from './state-directory.ts';

/** Takes the lab's lock: waits for whoever has it, or with `wait: false` refuses. */
export async function lockLab(name: string, options: { readonly wait: boolean }): Promise<FileLock> {
  const lock = await lockFile(lockPath(name), options);
  if (lock !== undefined) return lock;
  throw new LabError({
    what: `the lab "${name}" is being built or removed`,
    why: 'another podwire command is at it',
    remedy: 'wait until that one is done, or choose another name with --name',
  });
}
