/** The lab's own programs: the bundles beside this one, or in a development tree the TypeScript files themselves. */
import { join } from 'node:path';
import { NODE_IN_CONTAINER, PROGRAMS_IN_CONTAINER } from '../node/runtime/mount-table.ts';

const isBundle = !import.meta.filename.endsWith('.ts');

/**
 * V8 lets the space of young objects grow to 64 MB in a burst (100 pods) and keeps it; what lives is a third of that. With
 * this bound the daemon takes 35 MB less, and no more processor time than can be measured.
 */
const YOUNG_SPACE = '--max-semi-space-size=8';

/** Arguments for node that start the daemon. Before Node 24.15 `node:sqlite` warns that it is experimental. */
export function daemonProgram(): string[] {
  return [
    YOUNG_SPACE,
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, isBundle ? 'daemon.js' : 'daemon-main.ts'),
  ];
}

/** Arguments for node that start the process which on the host stands for a lab in User-mode Linux. */
export function machineProgram(): string[] {
  return [join(import.meta.dirname, isBundle ? 'machine.js' : 'uml/machine-main.ts')];
}

/** Arguments for node that start the agent in the guest. */
export function agentProgram(): string[] {
  return [
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, isBundle ? 'agent.js' : 'uml/agent-main.ts'),
  ];
}

/** Arguments for node that start the process that serves inside pods. */
export function podsProgram(): string[] {
  return [join(import.meta.dirname, isBundle ? 'pods.js' : 'pods-main.ts')];
}

/** Arguments for node that start the uplink of a lab whose API server is elsewhere. */
export function uplinkProgram(): string[] {
  return [join(import.meta.dirname, isBundle ? 'uplink.js' : 'join/uplink-main.ts')];
}

/** Arguments for node that start the process that carries traffic for kube-proxies in mode userspace. */
export function relaysProgram(): string[] {
  return [join(import.meta.dirname, isBundle ? 'relays.js' : 'relays-main.ts')];
}

/** podwire's programs that containers find: this bundle's folder, or in a development tree `src/`. */
export function containerPrograms(): { readonly directory: string; readonly agnhost: string } {
  if (isBundle) return { directory: import.meta.dirname, agnhost: 'agnhost.js' };
  return { directory: join(import.meta.dirname, '..'), agnhost: 'node/agnhost-main.ts' };
}

/** The Ingress controller's command in a container. */
export function ingressCommand(): string[] {
  const script = isBundle ? 'ingress.js' : 'ingress/ingress-main.ts';
  return [NODE_IN_CONTAINER, join(PROGRAMS_IN_CONTAINER, script)];
}

/** Arguments for node that start the process that removes a lab. */
export function removeProgram(): string[] {
  return [join(import.meta.dirname, isBundle ? 'remove.js' : 'remove-main.ts')];
}

/** The folder in which the launcher `podwire` lies. */
export function launcherFolder(): string {
  return join(import.meta.dirname, isBundle ? '..' : '../..', 'lab');
}

/** A start-up script of User-mode Linux: `start.sh` (on the host) or `init.sh` (in the guest). */
export function umlScript(name: 'start.sh' | 'init.sh'): string {
  return join(import.meta.dirname, isBundle ? '..' : '../..', 'lab/uml', name);
}
