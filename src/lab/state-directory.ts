/**
 * Where a lab keeps its files: `/run/podwire/LAB/`, mode 0700. Knows paths and modes; what is in the files is
 * known to those who write them.
 */
import { readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

export interface StateDirectory {
  readonly path: string;
  /** What was made: `record.ts`. */
  readonly record: string;
  /** The plan the lab was built from, as JSON. */
  readonly plan: string;
  readonly kubeconfig: string;
  /** Certificates and tokens of the API: `identity.ts`. */
  readonly identity: string;
  /** The API's objects: `store-file.ts`. */
  readonly objects: string;
  /** Where the kubectls that podwire starts keep what they have learnt of the API. */
  readonly kubectlCache: string;
  readonly socket: string;
  readonly log: string;
  readonly journal: string;
  /** Where the pods process listens for the daemon. */
  readonly podsSocket: string;
  /** The load balancer's: HAProxy's configuration and socket. */
  readonly loadBalancer: string;
  /** The way to an API server elsewhere: `join/uplink-main.ts`. */
  readonly uplinkSocket: string;
  /** Where the relay process listens for the daemon. */
  readonly relaysSocket: string;
  /** Of a lab in User-mode Linux: the way to what runs there, and the folder the guest shares with the host. */
  readonly agentSocket: string;
  readonly guest: string;
  /** Of the container runtime. */
  readonly containers: string;
}

/** Of root's labs. */
const COMMON_ROOT = '/run/podwire';

/**
 * The folder that holds every lab's folder; `PODWIRE_STATE_ROOT` puts it elsewhere. An ordinary user's is in the folder that pam_systemd(8)
 * gives each user.
 */
export function stateRoot(): string {
  const { PODWIRE_STATE_ROOT, XDG_RUNTIME_DIR } = process.env;
  if (PODWIRE_STATE_ROOT !== undefined) return PODWIRE_STATE_ROOT;
  return process.geteuid?.() === 0 || XDG_RUNTIME_DIR === undefined ? COMMON_ROOT : join(XDG_RUNTIME_DIR, 'podwire');
}

/** Whether this user keeps labs of their own. */
export function hasOwnRoot(): boolean {
  return stateRoot() !== COMMON_ROOT;
}

/** The paths of one lab. */
export function stateDirectory(lab: string): StateDirectory {
  const path = join(stateRoot(), lab);
  return {
    path,
    record: join(path, 'record'),
    plan: join(path, 'plan.json'),
    kubeconfig: join(path, 'kubeconfig'),
    identity: join(path, 'identity.json'),
    objects: join(path, 'objects.db'),
    kubectlCache: join(path, 'kubectl-cache'),
    socket: join(path, 'daemon.sock'),
    log: join(path, 'daemon.log'),
    journal: join(path, 'journal.jsonl'),
    podsSocket: join(path, 'pods.sock'),
    loadBalancer: join(path, 'load-balancer'),
    uplinkSocket: join(path, 'uplink.sock'),
    relaysSocket: join(path, 'relays.sock'),
    agentSocket: join(path, 'agent.sock'),
    guest: join(path, 'guest'),
    containers: join(path, 'containers'),
  };
}

/** The file that keeps two commands from changing one lab at once; beside the lab's folder, since it outlives it. */
export function lockPath(lab: string): string {
  return join(stateRoot(), `${lab}.lock`);
}

/** The names of all labs that have a folder. */
export function listLabs(): string[] {
  try {
    return readdirSync(stateRoot(), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Removes the folder of all labs when there is none left. */
export function removeEmptyRoot(): void {
  try {
    rmdirSync(stateRoot());
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another lab is in it, another `down` was quicker, or it is a mount point of the host's.
    if (code !== 'ENOTEMPTY' && code !== 'ENOENT' && code !== 'EBUSY') throw error;
  }
}
