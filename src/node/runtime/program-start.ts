/**
 * Renders how a program is started in a container: the command lines and the environment the constant scripts read. Pure. No
 * value becomes part of a script.
 */
import { boundingSet } from './capabilities.ts';
import type { ContainerSpec } from './container-runtime.ts';

/** What the tools themselves need; the container's own environment travels beside it and is set last. */
const TOOL_ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

export interface Launch {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
}

type Confinement = Pick<
  ContainerSpec,
  'env' | 'workingDir' | 'capabilities' | 'privileged' | 'user' | 'noNewPrivileges' | 'readOnlyRoot'
>;

/** The environment of START_SCRIPT. */
export function startEnvironment(container: Confinement, tty: boolean): Record<string, string> {
  const variables = Object.entries(tty ? { TERM: 'xterm', ...container.env } : container.env);
  const { user, workingDir } = container;
  return {
    ...TOOL_ENVIRONMENT,
    PODWIRE_CAPABILITIES: container.privileged ? '' : boundingSet(container.capabilities, user !== undefined),
    PODWIRE_USER: user === undefined ? '' : `${user.uid}:${user.gid}`,
    PODWIRE_GROUPS: (user?.groups ?? []).join(','),
    PODWIRE_NO_NEW_PRIVILEGES: container.noNewPrivileges === true ? 'yes' : '',
    PODWIRE_DIRECTORY: workingDir ?? '',
    PODWIRE_TTY: tty ? 'yes' : '',
    PODWIRE_ENV_COUNT: String(variables.length),
    ...Object.fromEntries(variables.map(([name, value], index) => [`PODWIRE_ENV_${index}`, `${name}=${value}`])),
  };
}

/** The variable of programs that a daemon runs in containers for its clients. */
export const SESSION_VARIABLE = 'PODWIRE_SESSION';

/** Its value: tells programs of this daemon from those of one before. `directory` is the lab's own. */
export function sessionOf(directory: string): string {
  return `${directory} ${process.pid}`;
}

/** The variable of the process that keeps a container's terminal open; its value is the container's directory. */
export const TERMINAL_VARIABLE = 'PODWIRE_TERMINAL';

/** Paths of the host that INIT_SCRIPT works with, and the container's host name. */
export interface InitPlace {
  /** The files that hold SHIM_SCRIPT and INIT_SCRIPT. */
  readonly shim: string;
  readonly script: string;
  readonly root: string;
  readonly tables: string;
  readonly skeleton: string;
  readonly hostname: string;
  /** Directories every container gets empty, absolute, without blanks. */
  readonly fresh: readonly string[];
  /** PID, on the host, of a process whose PID namespace the program joins; absent: it is the first of its own. */
  readonly joins?: number;
}

/** Makes the container and starts `argv` as its PID 1, under a shim. */
export function initLaunch(
  container: Confinement & { readonly tty: boolean },
  argv: readonly string[],
  place: InitPlace,
): Launch {
  return {
    argv: [
      ...['sh', place.shim],
      ...(place.joins === undefined ? [] : ['nsenter', '--target', String(place.joins), '--pid', '--no-fork', '--']),
      ...['unshare', '--mount', ...(place.joins === undefined ? ['--pid'] : []), '--uts', '--ipc'],
      ...['--propagation', 'private', '--kill-child', '--'],
      ...['sh', place.script, ...argv],
    ] as [string, ...string[]],
    env: {
      ...startEnvironment(container, container.tty),
      PODWIRE_ROOT: place.root,
      PODWIRE_TABLES: place.tables,
      PODWIRE_SKELETON: place.skeleton,
      PODWIRE_HOSTNAME: place.hostname,
      PODWIRE_READ_ONLY: container.readOnlyRoot === true ? place.fresh.map((path) => path.slice(1)).join(' ') : '',
    },
  };
}

/** Starts `argv` in the container whose PID 1 is `initPid` on the host. */
export function execLaunch(container: Confinement, argv: readonly string[], initPid: number, tty: boolean): Launch {
  return {
    argv: [
      ...['nsenter', '--target', String(initPid), '--mount', '--uts', '--ipc', '--net', '--pid', '--'],
      ...['sh', '/start', ...argv],
    ] as [string, ...string[]],
    env: startEnvironment(container, tty),
  };
}
