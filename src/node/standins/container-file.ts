/** The files a stand-in finds where a program in its container would. */
import { readFileSync, realpathSync } from 'node:fs';
import { join, normalize } from 'node:path';
import type { StandInSpec } from './protocol.ts';

/**
 * The text of the file at `named`, absolute; throws with Go's words for a file that is not there. What lies outside the container's own
 * files and volumes is not there, whatever path or link leads to it: it is the host's.
 */
export function readContainerFile({ files, mounts }: Pick<StandInSpec, 'files' | 'mounts'>, named: string): string {
  const path = normalize(named);
  const own = Object.hasOwn(files, path) ? files[path] : undefined;
  if (own !== undefined) return own;
  // A volume mounted deeper hides what lies above it.
  const mount = mounts
    .filter(({ target }) => path === target || path.startsWith(`${target}/`))
    .sort((a, b) => b.target.length - a.target.length)[0];
  if (mount === undefined) throw missing(named);
  try {
    const volume = realpathSync(mount.source);
    const file = realpathSync(join(volume, path.slice(mount.target.length)));
    if (file !== volume && !file.startsWith(`${volume}/`)) throw missing(named);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw missing(named);
    throw error;
  }
}

function missing(path: string): Error {
  return new Error(`open ${path}: no such file or directory`);
}
