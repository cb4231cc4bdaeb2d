/** The CoreDNS of this machine, for a lab whose file says `dns: coredns`. */
import { accessSync, constants, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { isFresh } from '../node/runtime/mount-table.ts';
import { LabError } from './lab-error.ts';

/** Absolute path of the program; throws LabError when there is none that a pod could run. */
export function findCoreDns(): string {
  const folders = (process.env.PATH ?? '').split(':').filter((folder) => folder.startsWith('/'));
  const found = folders.map((folder) => join(folder, 'coredns')).filter(isProgram);
  const usable = found.map((path) => realpathSync(path)).find((path) => !isFresh(path));
  if (usable !== undefined) return usable;
  throw new LabError({
    what: 'the lab file says `dns: coredns`, and there is no CoreDNS that a pod could run',
    why:
      found[0] === undefined
        ? 'no program coredns was found on PATH'
        : `${found[0]} lies where containers have folders of their own`,
    remedy:
      'put coredns (https://coredns.io) into /usr/local/bin, or leave `dns` out: podwire has a DNS server of its own',
    exitCode: 2,
  });
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not in this folder
  }
}
