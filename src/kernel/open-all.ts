/** Descriptors that are only of use together: what has been opened of them is closed again when the rest cannot be had (EMFILE). */
import { closeSync } from 'node:fs';

/** Gives what `open` gives; when it throws, the descriptors it has passed to `keep` are closed first. `keep` gives them back. */
export function openAll<T>(open: (keep: (fd: number) => number) => T): T {
  const opened: number[] = [];
  try {
    return open((fd) => {
      opened.push(fd);
      return fd;
    });
  } catch (error) {
    for (const fd of opened) closeSync(fd);
    throw error;
  }
}
