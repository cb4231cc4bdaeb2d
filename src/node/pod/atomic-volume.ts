/**
 * The files of a volume, replaced all at once: each version is a directory of its own, named for the time it was written, `..data` is a link
 * to the present one, and every name at the top of the volume is a link into `..data`. The rename of `..data` is the one step that shows,
 * so no reader sees some files of one version and some of another. As the kubelet does it (pkg/volume/util/atomic_writer.go).
 */
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize, relative } from 'node:path';
import { giveToGroup, makeDirectory, makeFile, makeLink } from '../runtime/make-files.ts';
import { MountError } from './mount-error.ts';

export interface VolumeFile {
  readonly path: string;
  readonly content: Buffer;
  readonly mode: number;
}

type Payload = ReadonlyMap<string, VolumeFile>;

const DATA = '..data';
const NEXT_DATA = '..data_tmp';
const MOST_PATH = 4096;
const MOST_NAME = 255;

/**
 * Makes the directory `volume` hold these files and no others; of two with the same path the last. When it holds them already, no new
 * version is made. With `group` they are the group's to read, too. Throws a `MountError` for a path that leads out of the volume.
 */
export function replaceFiles(volume: string, files: readonly VolumeFile[], group?: number): void {
  const payload = new Map(files.map((file) => [checkedPath(file.path), file]));
  makeDirectory(volume);
  let version = presentVersion(volume);
  if (version === undefined || !holds(join(volume, version), payload)) {
    version = writeVersion(volume, payload, group);
    rmSync(join(volume, NEXT_DATA), { force: true });
    symlinkSync(version, join(volume, NEXT_DATA));
    renameSync(join(volume, NEXT_DATA), join(volume, DATA));
  }
  const names = new Set([...payload.keys()].map((path) => path.split('/')[0]!));
  for (const name of names) makeLink(join(DATA, name), join(volume, name));
  // Also what a daemon that died in the midst of this has left.
  const kept = new Set([...names, DATA, version]);
  for (const name of readdirSync(volume)) {
    if (!kept.has(name)) rmSync(join(volume, name), { recursive: true, force: true });
  }
}

/** The file at this path of the volume as it stands. */
export function standingFile(volume: string, path: string): VolumeFile {
  const place = join(volume, checkedPath(path));
  return { path, content: readFileSync(place), mode: statSync(place).mode & 0o777 };
}

/** The rules and words of the kubelet's `validatePath`. */
function checkedPath(path: string): string {
  const names = path.split('/');
  if (path === '') throw new MountError('invalid path: must not be empty: ""');
  if (isAbsolute(path)) throw new MountError(`invalid path: must be relative path: ${path}`);
  if (path.length > MOST_PATH)
    throw new MountError(`invalid path: must be less than or equal to ${MOST_PATH} characters`);
  if (names.includes('..')) throw new MountError(`invalid path: must not contain '..': ${path}`);
  if (names.some((name) => name.length > MOST_NAME))
    throw new MountError(`invalid path: filenames must be less than or equal to ${MOST_NAME} characters`);
  const clean = normalize(path);
  if (clean.startsWith('..')) throw new MountError(`invalid path: must not start with '..': ${path}`);
  return clean;
}

/** The name of the directory that `..data` leads to. */
function presentVersion(volume: string): string | undefined {
  const data = join(volume, DATA);
  return statSync(data, { throwIfNoEntry: false }) === undefined ? undefined : readlinkSync(data);
}

function holds(version: string, payload: Payload): boolean {
  const standing = readdirSync(version, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return (
    standing.length === payload.size &&
    standing.every((file) => payload.get(relative(version, file))?.content.equals(readFileSync(file)) === true)
  );
}

/** Writes a version beside the present one; its name. */
function writeVersion(volume: string, payload: Payload, group: number | undefined): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(/[-T:]/g, '_');
  const version = `..${time}.${randomInt(2 ** 32)}`;
  makeDirectory(join(volume, version));
  for (const [path, { content, mode }] of payload) {
    const target = join(volume, version, path);
    makeDirectory(dirname(target));
    makeFile(target, content, mode);
    if (group !== undefined) giveToGroup(target, group, mode | 0o440);
  }
  return version;
}
