/**
 * Removes the lab it is given the name of. The daemon starts this when its launcher dies before the lab is ready: a
 * process cannot take away what it is itself still building.
 */
import { LinuxKernel } from '../kernel/linux-kernel.ts';
import { lockLab } from './lab-lock.ts';
import { removeLab } from './remove-lab.ts';
import { removeEmptyRoot } from './state-directory.ts';

const name = process.argv[2] ?? '';
const lock = await lockLab(name, { wait: true });
try {
  await removeLab(name, new LinuxKernel(), (text) => console.error(text));
} finally {
  lock.release();
  removeEmptyRoot();
}
