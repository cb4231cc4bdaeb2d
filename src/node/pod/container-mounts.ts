/** Which volumes a container sees where. Pure but for looking whether a subPath is there. */
import { existsSync } from 'node:fs';
import { isAbsolute, join, normalize } from 'node:path';
import type { Container } from '../../objects/wire.ts';
import type { Mount } from '../runtime/container-runtime.ts';
import { expand } from './expand.ts';
import { MountError } from './mount-error.ts';
import type { VolumePlace } from './volumes.ts';

/** The mounts of one container, with `$(NAME)` of its environment expanded. Mounts within mounts and over the runtime's own directories are refused. */
export function containerMounts(
  container: Container,
  volumes: ReadonlyMap<string, VolumePlace>,
  environment: Readonly<Record<string, string>> = {},
): Mount[] {
  const mounts = (container.volumeMounts ?? []).map((mount): Mount => {
    const { name, mountPath, readOnly } = mount;
    const volume = volumes.get(name);
    if (volume === undefined) throw new MountError(`volume "${name}" is not one of the pod's`);
    const subPath = subPathOf(mount, environment);
    const target = normalize(`/${mountPath}`).replace(/(?<=.)\/$/, '');
    const place = { target, readOnly: readOnly === true || !volume.writable };
    if (subPath === '') return { source: volume.path, ...place };
    if (volume.writable) return { source: volume.path, within: subPath, ...place };
    const source = join(volume.path, subPath);
    if (!existsSync(source)) throw new MountError(`subPath "${subPath}" is not in volume "${name}"`);
    return { source, ...place };
  });
  const reserved = ['/', '/proc', '/sys', '/dev'];
  for (const { target } of mounts) {
    if (reserved.some((path) => target === path || (path !== '/' && target.startsWith(`${path}/`)))) {
      throw new MountError(`mountPath "${target}" is the runtime's own`);
    }
    const outer = mounts.find((other) => other.target !== target && target.startsWith(`${other.target}/`));
    if (outer !== undefined)
      throw new MountError(`mountPath "${target}" lies within another volume, "${outer.target}"`);
  }
  return mounts;
}

/** The part of its volume that a mount shows, normalised; empty for all of it. Words of the kubelet's for a bad one. */
function subPathOf(
  { subPath = '', subPathExpr = '' }: NonNullable<Container['volumeMounts']>[number],
  environment: Readonly<Record<string, string>>,
): string {
  const given = subPathExpr === '' ? subPath : expand(subPathExpr, environment);
  if (/\$\([^)]*\)/.test(given)) throw new MountError(`subPathExpr "${subPathExpr}" names a variable there is not`);
  if (isAbsolute(given)) throw new MountError(`error SubPath \`${given}\` must not be an absolute path`);
  if (given.split('/').includes('..'))
    throw new MountError(`unable to provision SubPath \`${given}\`: must not contain '..'`);
  const path = normalize(given);
  return path === '.' ? '' : path.replace(/\/$/, '');
}
