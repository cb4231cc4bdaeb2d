/** Which volumes a container sees where. Pure but for looking whether a subPath is there. */
import { existsSync } from 'node:fs';
import { join, normalize, relative } from 'node:path';
import type { Container } from '../../objects/wire.ts';
import type { Mount } from '../runtime/container-runtime.ts';
import { MountError } from './mount-error.ts';
import type { VolumePlace } from './volumes.ts';

/** The mounts of one container. Mounts within mounts and over the runtime's own directories are refused. */
export function containerMounts(container: Container, volumes: ReadonlyMap<string, VolumePlace>): Mount[] {
  const mounts = (container.volumeMounts ?? []).map(({ name, mountPath, subPath, readOnly }): Mount => {
    const volume = volumes.get(name);
    if (volume === undefined) throw new MountError(`volume "${name}" is not one of the pod's`);
    const source = subPath === undefined || subPath === '' ? volume.path : join(volume.path, subPath);
    if (relative(volume.path, source).startsWith('..'))
      throw new MountError(`subPath "${subPath}" leads out of the volume`);
    // What a program has put into an emptyDir could be a link to elsewhere by the time of a restart.
    if (source !== volume.path && volume.writable)
      throw new MountError(`subPath of a volume that pods write to is not supported`);
    if (source !== volume.path && !existsSync(source))
      throw new MountError(`subPath "${subPath}" is not in volume "${name}"`);
    const target = normalize(`/${mountPath}`).replace(/(?<=.)\/$/, '');
    return { source, target, readOnly: readOnly === true || !volume.writable };
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
