/**
 * ConfigMaps, Secrets and the downward API in volumes of pods that run: what changes there changes in the files, as the kubelet
 * has it within its sync period. A volume is replaced at once; what is mounted alone (subPath) keeps what it was, as there. Tokens are
 * renewed apart.
 */
import { join } from 'node:path';
import type { Pod } from '../../objects/wire.ts';
import { replaceFiles, standingFile } from './atomic-volume.ts';
import { filesOf, groupOf, type Projection, type Volume } from './volumes.ts';

/** What the API server adds to every pod; its certificate stays what it is as long as the lab. */
const OWN_ACCESS = /^kube-api-access-/;

/** The volumes of a pod whose files may have to follow an object. */
export function refreshedVolumes({ spec }: Pod): Volume[] {
  return (spec?.volumes ?? []).filter(
    ({ name, configMap, secret, downwardAPI, projected }) =>
      (configMap ?? secret ?? downwardAPI ?? projected) !== undefined && !OWN_ACCESS.test(name),
  );
}

/**
 * Asks what the files of this volume are now; the function it resolves with brings the files below `directory` there, without waiting
 * for anything. Throws a `MountError` for an object that is gone: then the files stay as they are.
 */
export async function planRefresh(directory: string, projection: Projection, volume: Volume): Promise<() => void> {
  const path = join(directory, volume.name);
  const files = await filesOf(volume, projection, false);
  const tokens = (volume.projected?.sources ?? []).flatMap(
    ({ serviceAccountToken }) => serviceAccountToken?.path ?? [],
  );
  return () => {
    const standing = tokens.map((token) => standingFile(path, token));
    replaceFiles(path, [...files, ...standing], groupOf(projection));
  };
}
