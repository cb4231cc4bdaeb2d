/** The lab's own programs: the bundles beside this one, or in a development tree the TypeScript files themselves. */
import { join } from 'node:path';

const isBundle = !import.meta.filename.endsWith('.ts');

/** Arguments for node that start the daemon. Before Node 24.15 `node:sqlite` warns that it is experimental. */
export function daemonProgram(): string[] {
  return [
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, isBundle ? 'daemon.js' : 'daemon-main.ts'),
  ];
}

/** Arguments for node that start the process that serves inside pods. */
export function podsProgram(): string[] {
  return [join(import.meta.dirname, isBundle ? 'pods.js' : 'pods-main.ts')];
}

/** The script behind `/agnhost` in containers. */
export function agnhostScript(): string {
  return join(import.meta.dirname, isBundle ? 'agnhost.js' : '../node/agnhost-main.ts');
}

/** Arguments for node that start the process that removes a lab. */
export function removeProgram(): string[] {
  return [join(import.meta.dirname, isBundle ? 'remove.js' : 'remove-main.ts')];
}
