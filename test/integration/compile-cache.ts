/**
 * Labs of these tests run from the TypeScript files themselves. Each daemon, pods process and command would strip their types and
 * compile them anew: a third of a second of processor time each, some hundred times. So once, before all tests, they are loaded
 * by a process that leaves what it has compiled (Node's compile cache is written at exit, and most of ours are killed).
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = join(import.meta.dirname, '../..');
/** What the programs load, but for their first file, which would begin to work. */
const LOADED = [
  'lab/daemon/run-daemon.ts',
  'lab/tear-down.ts',
  'lab/remove-lab.ts',
  'lab/dns-stand-in.ts',
  'lab/gateway-resolver.ts',
  'lab/uml/machine.ts',
  'lab/uml/agent.ts',
  'node/standins/pods-process.ts',
  'proxy/userspace/relay-process.ts',
  'ingress/ingress-controller.ts',
  'cli/program.ts',
  'cli/commands/up.ts',
];

export default function setup(): void {
  // kubectl lives for a tenth of a second: when it collects garbage later, it takes a sixth less of the processor.
  process.env.GOGC ??= '400';
  process.env.NODE_COMPILE_CACHE = join(ROOT, 'node_modules/.cache/compiled-for-tests');
  const urls = LOADED.map((path) => pathToFileURL(join(ROOT, 'src', path)).href);
  const program = `await Promise.all(${JSON.stringify(urls)}.map((url) => import(url))); process.exit(0);`;
  const argv = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program];
  execFileSync(process.execPath, argv, { stdio: ['ignore', 'inherit', 'inherit'] });
}
