/** The files a stand-in finds where a program in its container would. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StandInSpec } from './protocol.ts';

/** The text of the file at `path`, absolute; throws with Go's words for a file that is not there. */
export function readContainerFile({ files, mounts }: Pick<StandInSpec, 'files' | 'mounts'>, path: string): string {
  const own = Object.hasOwn(files, path) ? files[path] : undefined;
  if (own !== undefined) return own;
  // A volume mounted deeper hides what lies above it.
  const mount = mounts
    .filter(({ target }) => path === target || path.startsWith(`${target}/`))
    .sort((a, b) => b.target.length - a.target.length)[0];
  if (mount === undefined) throw missing(path);
  try {
    return readFileSync(join(mount.source, path.slice(mount.target.length)), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw missing(path);
    throw error;
  }
}

function missing(path: string): Error {
  return new Error(`open ${path}: no such file or directory`);
}
