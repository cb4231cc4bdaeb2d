/** Removes labs from outside: takes the lock, tears down, leaves no empty folder behind. Idempotent, and safe at any moment. */
import { existsSync } from 'node:fs';
import { LinuxKernel } from '../kernel/linux-kernel.ts';
import { lockLab } from './lab-lock.ts';
import { checkLabName } from './lab-name.ts';
import { checkRoot } from './preflight.ts';
import { removeLab } from './remove-lab.ts';
import { removeEmptyRoot, stateDirectory } from './state-directory.ts';

/** Removes the lab `name`; `onNote` takes what the user should know besides. Resolves with false when there was none. Waits for another command that is at the same lab. */
export async function down(name: string, onNote: (text: string) => void = () => undefined): Promise<boolean> {
  checkLabName(name);
  checkRoot('podwire down');
  const { path } = stateDirectory(name);
  const lock = await lockLab(name, { wait: true });
  try {
    if (!existsSync(path)) return false;
    await removeLab(name, new LinuxKernel(), onNote);
    return true;
  } finally {
    lock.release();
    removeEmptyRoot();
  }
}
