/** What the daemon does when its launcher dies before the lab is ready: removes everything, itself at last. */
import { LinuxKernel } from '../../kernel/linux-kernel.ts';
import { lockLab } from '../lab-lock.ts';
import { removeEmptyRoot } from '../state-directory.ts';
import { tearDown } from '../tear-down.ts';

/** Removes the lab `name` but for this process. A `down` that has the lock kills this process instead. */
export async function abandonLab(name: string): Promise<void> {
  const lock = await lockLab(name, { wait: true });
  try {
    await tearDown(name, new LinuxKernel());
  } finally {
    lock.release();
    removeEmptyRoot();
  }
}
