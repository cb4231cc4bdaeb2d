/**
 * The applets of the host's busybox as directories of links, so that a busybox container finds its own nslookup and wget: `new` as
 * the host's busybox has them, `old` with the nslookup of the time before 1.29.
 */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Kernel } from '../../kernel/kernel.ts';
import type { AppletAge } from '../standins/images.ts';
import { makeDirectory, makeFile } from './make-files.ts';
import { OLD_NSLOOKUP } from './old-nslookup.ts';

/** Where the applets of that age are. */
export function appletDirectory(directory: string, age: AppletAge): string {
  return join(directory, age);
}

/**
 * Fills both directories with a link for each applet. A host without busybox leaves `new` empty, and `old` with its nslookup: its own
 * tools are found then.
 */
export async function makeApplets(kernel: Kernel, directory: string): Promise<void> {
  const command = 'busybox=$(command -v busybox) && echo "$busybox" && busybox --list';
  const { stdout } = await kernel.read('', ['sh', '-c', command]);
  const [program, ...applets] = stdout.split('\n').filter((line) => line !== '');
  for (const age of ['new', 'old'] as const) {
    const links = appletDirectory(directory, age);
    makeDirectory(links);
    for (const applet of applets) {
      if (age === 'new' || applet !== 'nslookup') symlinkSync(program!, join(links, applet));
    }
  }
  makeFile(join(appletDirectory(directory, 'old'), 'nslookup'), OLD_NSLOOKUP, 0o755);
}
