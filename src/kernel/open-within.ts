/** Opens a place below a directory that somebody else writes to, who may put links there at any moment: none is followed. */
import { chmodSync, closeSync, constants, fstatSync, mkdirSync, openSync } from 'node:fs';
import { openInRoot } from './libc.ts';

const O_PATH = 0o10000000;

/** See `Kernel.openWithin`. */
export function openWithin(directory: string, path: string): number {
  let place = openSync(directory, constants.O_DIRECTORY | O_PATH);
  const { mode } = fstatSync(place);
  for (const name of path.split('/').filter((part) => part !== '' && part !== '.')) {
    const above = place;
    try {
      place = openOrMake(above, name, mode & 0o7777);
    } finally {
      closeSync(above);
    }
  }
  return place;
}

function openOrMake(above: number, name: string, mode: number): number {
  try {
    return openInRoot(above, name, O_PATH);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  mkdirSync(`/proc/self/fd/${above}/${name}`);
  const made = openInRoot(above, name, O_PATH | constants.O_DIRECTORY);
  chmodSync(`/proc/self/fd/${made}`, mode);
  return made;
}
