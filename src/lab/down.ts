/** Removes labs from outside: takes the lock, tears down, leaves no empty folder behind. Idempotent, and safe at any moment. */
import { existsSync } from 'node:fs';
import { LinuxKernel } from '../kernel/linux-kernel.ts';
import { lockLab } from './lab-lock.ts';
import { checkLabName } from './lab-name.ts';
import { checkRoot } from './preflight.ts';
import { removeEmptyRoot, stateDirectory } from './state-directory.ts';
import { tearDown } from './tear-down.ts';

/** Removes the lab `name`. Resolves with false when there was none. Waits for another command that is at the same lab. */
export async function down(name: string): Promise<boolean> {
  checkLabName(name);
  checkRoot('podwire down');
  const { path } = stateDirectory(name);
  const lock = await lockLab(name, { wait: true });
  try {
    if (!existsSync(path)) return false;
    await tearDown(name, new LinuxKernel());
    return true;
  } finally {
    lock.release();
    removeEmptyRoot();
  }
}
