/**
 * Looks at the host once and makes the directories all containers share: the base's skeleton, the layer above the host's tree. What
 * it makes lies in the lab's state directory and goes with it.
 */
import { existsSync, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory, makeFile, makeLink } from './make-files.ts';
import {
  DEVICES,
  FRESH_DIRECTORIES,
  type HostTree,
  isFresh,
  NODE_IN_CONTAINER,
  PROBED_PATHS,
  PROGRAMS_IN_CONTAINER,
} from './mount-table.ts';
import { INIT_SCRIPT, SHIM_SCRIPT, START_SCRIPT } from './scripts.ts';

const PROGRAM_LINKS = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];
/** Directories a program may need that may be file systems of their own. */
const MAY_BE_SEPARATE = ['/usr', '/usr/local', '/opt', '/var', '/nix', '/snap'];
const DEVICE_LINKS = {
  fd: '/proc/self/fd',
  stdin: '/proc/self/fd/0',
  stdout: '/proc/self/fd/1',
  stderr: '/proc/self/fd/2',
  ptmx: 'pts/ptmx',
};

/** Scripts of podwire's that every container finds. */
export interface OwnPrograms {
  /** The directory they lie in, on the host. */
  readonly directory: string;
  /** The one behind `/agnhost`, relative to it. */
  readonly agnhost: string;
}

/**
 * Prepares `directory` (absolute, the lab's own, without `:` or `,`) and says what the host looks like. `hidden` are
 * directories no container may see into, besides `directory` itself; `own` are podwire's own programs.
 */
export function prepareHostTree(directory: string, hidden: readonly string[] = [], own?: OwnPrograms): HostTree {
  if (/[:,\\\s]/.test(directory)) throw new RangeError(`not fit for a mount option: ${directory}`);
  const base = join(directory, 'base');
  const skeleton = join(directory, 'skeleton');
  const programs = ['/usr'];
  for (const path of ['usr', 'container', 'old']) makeDirectory(join(base, path));
  // The tools that unmount read /proc/self/mountinfo: the container's /proc does for the base.
  makeLink('container/proc', join(base, 'proc'));
  for (const path of PROGRAM_LINKS) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isSymbolicLink()) makeLink(readlinkSync(path), join(base, path));
    if (stat?.isDirectory()) {
      makeDirectory(join(base, path));
      programs.push(path);
    }
  }
  const initScript = join(directory, 'init');
  makeFile(initScript, INIT_SCRIPT);
  const shimScript = join(directory, 'shim');
  makeFile(shimScript, SHIM_SCRIPT);
  makeFile(join(base, 'start'), START_SCRIPT);
  makeSkeleton(skeleton);
  if (own !== undefined) addPrograms(skeleton, own);
  const emptyDirectory = join(directory, 'empty');
  const root = join(directory, 'root');
  const applets = join(directory, 'applets');
  for (const path of [emptyDirectory, root, applets]) makeDirectory(path);
  return {
    base,
    initScript,
    shimScript,
    root,
    emptyDirectory,
    skeleton,
    ...(own === undefined ? {} : { programsOfOurs: { node: process.execPath, directory: own.directory } }),
    applets,
    hidden: outermost([directory, ...hidden].map((path) => realpathSync(path))).filter((path) => !isFresh(path)),
    programs,
    separate: MAY_BE_SEPARATE.filter(isFileSystem),
    existing: new Map(PROBED_PATHS.flatMap(kindOf)),
  };
}

function makeSkeleton(skeleton: string): void {
  for (const path of ['proc', 'sys', 'dev/pts', '.podwire/applets']) makeDirectory(join(skeleton, path));
  makeDirectory(join(skeleton, 'dev/shm'), 0o1777);
  for (const name of DEVICES) makeFile(join(skeleton, 'dev', name), '');
  for (const [name, target] of Object.entries(DEVICE_LINKS)) makeLink(target, join(skeleton, 'dev', name));
  for (const [path, mode] of Object.entries(FRESH_DIRECTORIES)) {
    makeDirectory(join(skeleton, path), Number.parseInt(mode, 8));
  }
}

/** `/agnhost`, a small script, and the places Node and the programs are mounted on. */
function addPrograms(skeleton: string, { agnhost }: OwnPrograms): void {
  makeDirectory(join(skeleton, PROGRAMS_IN_CONTAINER));
  makeFile(join(skeleton, NODE_IN_CONTAINER), '');
  const program = join(PROGRAMS_IN_CONTAINER, agnhost);
  makeFile(join(skeleton, 'agnhost'), `#!/bin/sh\nexec ${NODE_IN_CONTAINER} ${program} "$@"\n`, 0o755);
}

/** Those that lie in none of the others. */
function outermost(paths: readonly string[]): string[] {
  return [...new Set(paths)].filter((path) => !paths.some((other) => path.startsWith(`${other}/`)));
}

/** True for a directory on another device than the one above it. */
function isFileSystem(path: string): boolean {
  if (!existsSync(path)) return false;
  return statSync(path).dev !== statSync(join(path, '..')).dev;
}

function kindOf(path: string): [string, 'file' | 'directory'][] {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? [] : [[path, stat.isDirectory() ? 'directory' : 'file']];
}
