/** The journal on disk: one entry a line, in the order the kernel was given them. */
import { openSync, writeSync } from 'node:fs';
import type { Journal } from '../../kernel/kernel.ts';

/** A journal that appends to `path`. */
export function openJournal(path: string): Journal {
  const fd = openSync(path, 'a', 0o600);
  return { append: (entry) => void writeSync(fd, `${JSON.stringify(entry)}\n`) };
}
