/**
 * The applets of the host's busybox as directories of links, so that a busybox container finds its own nslookup and wget: `new` as
 * the host's busybox has them, `old` with the nslookup of the time before 1.29. A wget that cannot keep a timeout gets help in both.
 */
import { join } from 'node:path';
import type { Kernel } from '../../kernel/kernel.ts';
import type { AppletAge } from '../standins/images.ts';
import { makeDirectory, makeFile, makeLink } from './make-files.ts';
import { OLD_NSLOOKUP } from './old-nslookup.ts';
import { WGET_WITH_TIMEOUT } from './wget-with-timeout.ts';

/** Where the applets of that age are. */
export function appletDirectory(directory: string, age: AppletAge): string {
  return join(directory, age);
}

/** The program, how its wget ends when it is given a timeout (and nothing to fetch), and the applets. */
const LIST = `busybox=$(command -v busybox) || exit 0
echo "$busybox"
ulimit -c 0
busybox wget -T 1 nowhere:// 2>/dev/null
echo $?
busybox --list`;
const SEGMENTATION_FAULT = 128 + 11;

/**
 * Fills both directories with a link for each applet. A host without busybox leaves `new` empty, and `old` with its nslookup: its own
 * tools are found then.
 */
export async function makeApplets(kernel: Kernel, directory: string): Promise<void> {
  const { stdout } = await kernel.read('', ['sh', '-c', LIST]);
  const [program, timeout, ...applets] = stdout.split('\n').filter((line) => line !== '');
  const scripts = (age: AppletAge): Record<string, string> => ({
    ...(age === 'old' ? { nslookup: OLD_NSLOOKUP } : {}),
    ...(timeout === String(SEGMENTATION_FAULT) ? { wget: WGET_WITH_TIMEOUT } : {}),
  });
  for (const age of ['new', 'old'] as const) {
    const links = appletDirectory(directory, age);
    makeDirectory(links);
    for (const applet of applets) {
      if (!Object.hasOwn(scripts(age), applet)) makeLink(program!, join(links, applet));
    }
    for (const [applet, script] of Object.entries(scripts(age))) makeFile(join(links, applet), script, 0o755);
  }
}
