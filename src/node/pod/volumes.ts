/**
 * Volumes of a pod: directories in the lab's state directory, filled from ConfigMaps, Secrets, the downward API and tokens of the
 * pod's service account. Kinds that a lab has not (claims) are refused, with the reason.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod } from '../../objects/wire.ts';
import { giveToGroup, makeDirectory } from '../runtime/make-files.ts';
import { replaceFiles, type VolumeFile } from './atomic-volume.ts';
import type { ConfigData, ConfigSource } from './config-source.ts';
import { fieldValue, type PodPlacement, resourceValue } from './downward.ts';
import { hostPathPlace } from './host-path.ts';
import { MountError } from './mount-error.ts';
import type { TokenSource } from './token-source.ts';

export type Volume = NonNullable<NonNullable<Pod['spec']>['volumes']>[number];
type Items = readonly { readonly key: string; readonly path: string; readonly mode?: number }[];

interface ProjectedFile extends VolumeFile {
  /** When it must be written anew (a token), in milliseconds since the epoch. */
  readonly expires?: number;
}

export interface VolumePlace {
  readonly path: string;
  readonly writable: boolean;
}

export interface PodVolumes {
  readonly places: ReadonlyMap<string, VolumePlace>;
  /** The earliest end of a token in them, in milliseconds since the epoch; undefined without tokens. */
  readonly expires: number | undefined;
  /** Those that are not filled yet; see `setUpVolumes`. */
  readonly later: readonly Volume[];
}

export interface Projection {
  readonly pod: Pod;
  readonly placement: PodPlacement;
  readonly source: ConfigSource;
  readonly tokens: TokenSource;
  /** Where the node's own files lie, which hostPath volumes show. */
  readonly nodeFiles: string;
}

/**
 * Makes the directories of a pod's volumes below `directory`. With `tokensLater` those with tokens are only looked through for
 * references that lead nowhere, to be filled (`fillVolumes`) when somebody is there to read them.
 */
export async function setUpVolumes(
  directory: string,
  projection: Projection,
  tokensLater = false,
): Promise<PodVolumes> {
  const places = new Map<string, VolumePlace>();
  const now: Volume[] = [];
  const later: Volume[] = [];
  const group = groupOf(projection);
  for (const volume of projection.pod.spec?.volumes ?? []) {
    const path = join(directory, volume.name);
    if (volume.emptyDir !== undefined) {
      makeDirectory(path, 0o777);
      // What programs put there is theirs: only the directory itself, which hands its group on.
      if (group !== undefined) giveToGroup(path, group, 0o2777);
      places.set(volume.name, { path, writable: true });
      continue;
    }
    if (volume.hostPath !== undefined) {
      places.set(volume.name, { path: hostPathPlace(projection.nodeFiles, volume.hostPath), writable: true });
      continue;
    }
    if (tokensLater && hasToken(volume)) {
      await filesOf(volume, projection, false);
      later.push(volume);
    } else now.push(volume);
    places.set(volume.name, { path, writable: false });
  }
  return { places, later, expires: await fillVolumes(directory, projection, now) };
}

/** Writes the files of these volumes of a pod; when the first token among them ends. */
export async function fillVolumes(
  directory: string,
  projection: Projection,
  volumes: readonly Volume[],
): Promise<number | undefined> {
  return (await planVolumes(directory, projection, volumes))();
}

/**
 * Asks what the files of these volumes are; the function it resolves with writes them, without waiting for anything, and tells when the
 * first token among them ends.
 */
export async function planVolumes(
  directory: string,
  projection: Projection,
  volumes: readonly Volume[],
): Promise<() => number | undefined> {
  const planned = await Promise.all(
    volumes.map(async (volume) => ({ path: join(directory, volume.name), files: await filesOf(volume, projection) })),
  );
  return () => {
    for (const { path, files } of planned) replaceFiles(path, files, groupOf(projection));
    const expiries = planned.flatMap(({ files }) => files.flatMap(({ expires }) => expires ?? []));
    return expiries.length === 0 ? undefined : Math.min(...expiries);
  };
}

/** The volumes of a pod that have tokens in them. */
export function volumesWithTokens({ spec }: Pod): Volume[] {
  return (spec?.volumes ?? []).filter(hasToken);
}

function hasToken({ projected }: Volume): boolean {
  return (projected?.sources ?? []).some(({ serviceAccountToken }) => serviceAccountToken !== undefined);
}

/** With `fsGroup` a file is the group's to read, too, as the kubelet makes it. */
export function groupOf({ pod }: Projection): number | undefined {
  return pod.spec?.securityContext?.fsGroup;
}

/** Removes what `setUpVolumes` made. */
export function tearDownVolumes(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}

/** The files of a volume; without its tokens unless `withTokens`. Throws a `MountError` for a reference that leads nowhere. */
export async function filesOf(volume: Volume, projection: Projection, withTokens = true): Promise<ProjectedFile[]> {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap !== undefined) {
    return configFiles(
      projection,
      'configmap',
      { ...configMap, name: configMap.name ?? '' },
      configMap.defaultMode ?? 0o644,
    );
  }
  if (secret !== undefined) {
    return configFiles(projection, 'secret', { ...secret, name: secret.secretName ?? '' }, secret.defaultMode ?? 0o644);
  }
  if (downwardAPI !== undefined)
    return downwardFiles(projection, downwardAPI.items ?? [], downwardAPI.defaultMode ?? 0o644);
  if (projected !== undefined) {
    const mode = projected.defaultMode ?? 0o644;
    const parts = (projected.sources ?? []).map(async (part): Promise<ProjectedFile[]> => {
      if (part.configMap)
        return configFiles(projection, 'configmap', { ...part.configMap, name: part.configMap.name ?? '' }, mode);
      if (part.secret) return configFiles(projection, 'secret', { ...part.secret, name: part.secret.name ?? '' }, mode);
      if (part.downwardAPI) return downwardFiles(projection, part.downwardAPI.items ?? [], mode);
      if (part.serviceAccountToken)
        return withTokens ? [await tokenFile(projection, part.serviceAccountToken, mode)] : [];
      throw new MountError(
        `projected volume "${volume.name}": podwire has no ${Object.keys(part)[0] ?? 'such'} to project`,
      );
    });
    return (await Promise.all(parts)).flat();
  }
  const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'unknown';
  throw new MountError(
    `volume "${volume.name}": podwire has no ${kind} volumes (emptyDir, configMap, secret, downwardAPI, projected, hostPath are)`,
  );
}

async function configFiles(
  { pod, source }: Projection,
  kind: 'configmap' | 'secret',
  { name, items, optional }: { name: string; items?: Items; optional?: boolean },
  mode: number,
): Promise<ProjectedFile[]> {
  const namespace = pod.metadata?.namespace ?? 'default';
  const data: ConfigData | undefined = await (kind === 'secret' ? source.secret : source.configMap)(namespace, name);
  if (data === undefined) {
    if (optional === true) return [];
    throw new MountError(`${kind} "${name}" not found`);
  }
  if (items === undefined) return Object.entries(data).map(([path, content]) => ({ path, content, mode }));
  return items.flatMap((item) => {
    const content = data[item.key];
    if (content !== undefined) return [{ path: item.path, content, mode: item.mode ?? mode }];
    if (optional === true) return [];
    throw new MountError(`references non-existent ${kind} key: ${item.key}`);
  });
}

type TokenProjection = { readonly path: string; readonly audience?: string; readonly expirationSeconds?: number };

async function tokenFile(
  { pod, tokens }: Projection,
  { path, audience = '', expirationSeconds = 3_600 }: TokenProjection,
  mode = 0o644,
): Promise<ProjectedFile> {
  try {
    const { token, expires } = await tokens(pod, audience, expirationSeconds);
    return { path, content: Buffer.from(token), mode, expires };
  } catch (error) {
    throw new MountError(`failed to fetch token: ${(error as Error).message}`, { cause: error });
  }
}

type DownwardItems = NonNullable<NonNullable<Volume['downwardAPI']>['items']>;

function downwardFiles({ pod, placement }: Projection, items: DownwardItems, mode: number): VolumeFile[] {
  return items.map(({ path, fieldRef, resourceFieldRef, mode: own }) => {
    const container = pod.spec?.containers.find(({ name }) => name === resourceFieldRef?.containerName);
    const text =
      fieldRef !== undefined
        ? fieldValue(pod, fieldRef.fieldPath, placement)
        : container === undefined || resourceFieldRef === undefined
          ? ''
          : resourceValue(container, resourceFieldRef.resource, resourceFieldRef.divisor, placement);
    return { path, content: Buffer.from(text), mode: own ?? mode };
  });
}
