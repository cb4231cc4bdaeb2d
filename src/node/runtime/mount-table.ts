/**
 * The mounts of a container as the text of two mount tables (fstab(5)), one `mount -a` each: forty mounts cost two
 * processes. Pure; `scripts.ts` says how the two trees are used.
 */
import type { Mount } from './container-runtime.ts';

/** Directories of the host that a container gets fresh and empty: homes, run time state, other people's temporary files. */
export const FRESH_DIRECTORIES: Readonly<Record<string, string>> = {
  '/run': '755',
  '/tmp': '1777',
  '/var/tmp': '1777',
  '/root': '700',
  '/home': '755',
  '/mnt': '755',
  '/media': '755',
  '/srv': '755',
  '/boot': '755',
};
/** Files whose content is the host's secret. */
const SECRET_FILES = ['/etc/shadow', '/etc/shadow-', '/etc/gshadow', '/etc/gshadow-', '/etc/sudoers'];
/** What runtimes hide and protect in /proc and /sys: written there, these change the host. */
const MASKED = [
  '/proc/kcore',
  '/proc/keys',
  '/proc/timer_list',
  '/proc/sched_debug',
  '/proc/latency_stats',
  '/proc/acpi',
  '/proc/scsi',
  '/sys/firmware',
];
const READ_ONLY = ['/proc/sys', '/proc/sysrq-trigger', '/proc/irq', '/proc/bus', '/proc/fs'];
export const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

/** Memory a container's own writes may take: its root, and each fresh directory. */
const UPPER_SIZE = '256m';
const FRESH_SIZE = '64m';

/** Where a container finds podwire's own programs, and the Node that runs them. */
export const PROGRAMS_IN_CONTAINER = '/.podwire/programs';
export const NODE_IN_CONTAINER = '/.podwire/node';

/** What the host looks like, found once by `host-tree.ts`. */
export interface HostTree {
  /** Where the base is built: a directory with `usr`, `container`, `old` and the links `bin`, `lib`, … */
  readonly base: string;
  /** The script that makes a container. */
  readonly initScript: string;
  /** The file that holds SHIM_SCRIPT. */
  readonly shimScript: string;
  /** An empty directory to mount on. */
  readonly root: string;
  /** An empty directory, and an empty file, to hide things with. */
  readonly emptyDirectory: string;
  /** Files every container finds above the host's: `/dev`, mount points, `/agnhost`. */
  readonly skeleton: string;
  /** podwire's own programs: a Node and the directory of their scripts; absent: there is no `/agnhost`. */
  readonly programsOfOurs?: { readonly node: string; readonly directory: string };
  /** Directories of busybox's applets, filled when a container needs them. */
  readonly applets: string;
  /** Directories that are no container's to see: the lab's own. Those that a fresh directory hides anyway are not among them. */
  readonly hidden: readonly string[];
  /** Directories the base needs of the host: `/usr`, and `/bin`, `/lib` … where these are no links into it. */
  readonly programs: readonly string[];
  /** Directories of the host that are file systems of their own, which an overlay of `/` does not show: `/usr`, `/opt`. */
  readonly separate: readonly string[];
  /** Those of the paths to mask or protect that exist, files and directories. */
  readonly existing: ReadonlyMap<string, 'file' | 'directory'>;
}

/** True within a directory that every container gets empty. */
export function isFresh(path: string): boolean {
  return Object.keys(FRESH_DIRECTORIES).some((fresh) => path === fresh || path.startsWith(`${fresh}/`));
}

/** The paths whose existence `HostTree.existing` must tell. */
export const PROBED_PATHS: readonly string[] = [...SECRET_FILES, ...MASKED, ...READ_ONLY];

/** One line of a mount table. Spaces, tabs, line ends and backslashes of paths are written as fstab wants them. */
export function tableLine(source: string, target: string, kind: string, options: readonly string[]): string {
  return `${[source, target, kind, options.join(',')].map(escapeField).join(' ')} 0 0\n`;
}

function escapeField(field: string): string {
  return field.replace(/[\s\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

/** The base: read-only, the host's programs, a tmpfs for the overlay's upper layer. */
export function baseTable(host: HostTree): string {
  return [
    tableLine(host.base, host.root, 'none', ['bind', 'ro', 'nosuid', 'nodev']),
    ...host.programs.map((path) => tableLine(path, host.root + path, 'none', ['bind', 'ro', 'nodev'])),
    tableLine('tmpfs', `${host.root}/old`, 'tmpfs', ['nosuid', 'nodev', 'mode=755', `size=${UPPER_SIZE}`]),
  ].join('');
}

export interface ContainerMounts {
  readonly mounts: readonly Mount[];
  readonly privileged: boolean;
  /** The directory of busybox's applets to put in. */
  readonly applets?: string;
}

/** The container: overlay, /proc, /sys, /dev, fresh directories, masks, and its volumes last. */
export function containerTable(host: HostTree, { mounts, privileged, applets }: ContainerMounts): string {
  const root = `${host.root}/container`;
  const bindReadOnly = ['bind', 'ro', 'nosuid', 'nodev', 'noexec'];
  const bindDevice = ['bind', 'ro', 'nosuid', 'noexec'];
  const lines = [
    tableLine('overlay', root, 'overlay', [
      'nodev',
      'lowerdir=/',
      `upperdir=${host.root}/old/upper`,
      `workdir=${host.root}/old/work`,
    ]),
    ...host.separate.map((path) => tableLine(path, root + path, 'none', ['bind', 'ro', 'nodev'])),
    tableLine('proc', `${root}/proc`, 'proc', ['nosuid', 'nodev', 'noexec']),
    tableLine('sysfs', `${root}/sys`, 'sysfs', ['ro', 'nosuid', 'nodev', 'noexec']),
    // The host's own nodes: read-only keeps their owner and mode from the pod's root, and their data is written all the same.
    ...DEVICES.map((name) => tableLine(`/dev/${name}`, `${root}/dev/${name}`, 'none', bindDevice)),
    tableLine('devpts', `${root}/dev/pts`, 'devpts', ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620']),
    // Shared memory stays writable where the root is not.
    tableLine('tmpfs', `${root}/dev/shm`, 'tmpfs', ['nosuid', 'nodev', 'noexec', 'mode=1777', `size=${FRESH_SIZE}`]),
    ...Object.entries(FRESH_DIRECTORIES).map(([path, mode]) =>
      tableLine('tmpfs', root + path, 'tmpfs', ['nosuid', 'nodev', `mode=${mode}`, `size=${FRESH_SIZE}`]),
    ),
    ...host.hidden.map((path) => tableLine(host.emptyDirectory, root + path, 'none', bindReadOnly)),
    ...SECRET_FILES.filter((path) => host.existing.has(path)).map((path) =>
      tableLine('/dev/null', root + path, 'none', bindDevice),
    ),
  ];
  if (!privileged) {
    for (const path of READ_ONLY.filter((path) => host.existing.has(path))) {
      lines.push(tableLine(root + path, root + path, 'none', bindReadOnly));
    }
    for (const path of MASKED) {
      const kind = host.existing.get(path);
      if (kind === 'file') lines.push(tableLine('/dev/null', root + path, 'none', bindDevice));
      if (kind === 'directory') lines.push(tableLine(host.emptyDirectory, root + path, 'none', bindReadOnly));
    }
  }
  if (host.programsOfOurs !== undefined) {
    const { node, directory } = host.programsOfOurs;
    lines.push(tableLine(node, root + NODE_IN_CONTAINER, 'none', ['bind', 'ro', 'nosuid', 'nodev']));
    lines.push(tableLine(directory, root + PROGRAMS_IN_CONTAINER, 'none', bindReadOnly));
  }
  if (applets !== undefined)
    lines.push(tableLine(applets, `${root}/.podwire/applets`, 'none', bindReadOnly.slice(0, -1)));
  for (const mount of mounts) {
    const options = ['bind', 'nosuid', 'nodev', ...(mount.readOnly ? ['ro'] : []), 'X-mount.mkdir'];
    lines.push(tableLine(mount.source, root + mount.target, 'none', options));
  }
  return lines.join('');
}
