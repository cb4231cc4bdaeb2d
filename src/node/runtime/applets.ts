/** The applets of the host's busybox as a directory of links, so that a busybox container finds its own nslookup and wget. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Kernel } from '../../kernel/kernel.ts';
import { makeDirectory } from './make-files.ts';

/** Fills `directory` with a link for each applet. A host without busybox leaves it empty: its own tools are found then. */
export async function makeApplets(kernel: Kernel, directory: string): Promise<void> {
  makeDirectory(directory);
  const { stdout } = await kernel.read('', [
    'sh',
    '-c',
    'busybox=$(command -v busybox) && echo "$busybox" && busybox --list',
  ]);
  const [program, ...applets] = stdout.split('\n').filter((line) => line !== '');
  for (const applet of applets) symlinkSync(program!, join(directory, applet));
}
