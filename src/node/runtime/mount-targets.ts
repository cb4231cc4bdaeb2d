/**
 * Where a volume is really mounted: a container's path with the host's symbolic links followed (`/var/run` is `/run`), since mounts are
 * made from outside the container, where an absolute link would lead into the host's own tree.
 */
import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isFresh } from './mount-table.ts';

const MOST_LINKS = 40;

/** The absolute path without links. Directories that containers get fresh have none. */
export function resolveTarget(path: string): string {
  let pending = path.split('/').filter((part) => part !== '' && part !== '.');
  let resolved = '/';
  for (let links = 0; pending.length > 0; ) {
    const [part, ...rest] = pending as [string, ...string[]];
    const next = part === '..' ? dirname(resolved) : resolve(resolved, part);
    const link = part === '..' || isFresh(next) ? undefined : linkAt(next);
    if (link === undefined) {
      resolved = next;
      pending = rest;
      continue;
    }
    links += 1;
    if (links > MOST_LINKS) throw new RangeError(`too many symbolic links on the way to ${path}`);
    pending = [...link.split('/').filter((step) => step !== '' && step !== '.'), ...rest];
    if (link.startsWith('/')) resolved = '/';
  }
  return resolved;
}

function linkAt(path: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isSymbolicLink() ? readlinkSync(path) : undefined;
}
