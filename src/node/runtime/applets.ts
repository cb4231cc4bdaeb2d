/** The applets of the host's busybox as a directory of links, so that a busybox container finds its own nslookup and wget. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Kernel } from '../../kernel/kernel.ts';
import { makeDirectory } from './make-files.ts';

/**
 * The program, whether the host has another nslookup, and the applets. Newer applets of that name ignore ndots and ask for a name with a
 * dot as it is, so `nslookup kubernetes.default` fails where busybox 1.28's worked; the one of bind's tools keeps to resolv.conf.
 */
const LIST = `busybox=$(command -v busybox) || exit 0
echo "$busybox"
other=$(command -v nslookup) && [ "$(basename "$(readlink -f "$other")")" != busybox ] && echo yes || echo no
busybox --list`;

/** Fills `directory` with a link for each applet. A host without busybox leaves it empty: its own tools are found then. */
export async function makeApplets(kernel: Kernel, directory: string): Promise<void> {
  makeDirectory(directory);
  const { stdout } = await kernel.read('', ['sh', '-c', LIST]);
  const [program, hasNslookup, ...applets] = stdout.split('\n');
  for (const applet of applets) {
    if (applet === '' || (applet === 'nslookup' && hasNslookup === 'yes')) continue;
    symlinkSync(program!, join(directory, applet));
  }
}
