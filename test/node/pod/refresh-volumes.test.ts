import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { planRefresh, refreshedVolumes } from '../../../src/node/pod/refresh-volumes.ts';
import { type Projection, setUpVolumes } from '../../../src/node/pod/volumes.ts';
import type { Pod } from '../../../src/objects/wire.ts';

const directory = mkdtempSync(join(tmpdir(), 'podwire-refresh-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let count = 0;

/** A pod with one volume `v` that stands, and what it is refreshed from: ConfigMaps and Secrets by name. */
async function standing(volume: object, objects: Record<string, Record<string, string>>, labels = { app: 'x' }) {
  count += 1;
  const place = join(directory, String(count));
  const pod = {
    metadata: { name: 'web', namespace: 'shop', labels },
    spec: { containers: [], volumes: [{ name: 'v', ...volume }] },
  } as unknown as Pod;
  const read = async (_namespace: string, name: string) =>
    objects[name] && Object.fromEntries(Object.entries(objects[name]).map(([key, value]) => [key, Buffer.from(value)]));
  const projection: Projection = {
    pod,
    source: { configMap: read, secret: read },
    tokens: async () => ({ token: 'a-token', expires: Date.now() + 3_600_000 }),
    nodeFiles: join(directory, 'node'),
    placement: { podIps: ['10.244.1.2'], hostIps: ['192.168.1.11'], allocatable: {} },
  };
  await setUpVolumes(place, projection);
  const path = join(place, 'v');
  return {
    path,
    read: (file: string) => readFileSync(join(path, file), 'utf8'),
    files: () => readdirSync(path, { recursive: true }).map(String).sort(),
    refresh: async () => (await planRefresh(place, projection, refreshedVolumes(pod)))(),
  };
}

describe('a volume that is refreshed', () => {
  it('has changed and new keys, those that are gone no longer; what is the same is not touched', async () => {
    const objects: Record<string, Record<string, string>> = { conf: { a: '1', b: '2', c: '3' } };
    const volume = await standing({ configMap: { name: 'conf', defaultMode: 0o440 } }, objects);
    const untouched = statSync(join(volume.path, 'c')).ino;
    objects.conf = { a: 'one', c: '3', d: '4' };
    await volume.refresh();
    expect(volume.files()).toEqual(['a', 'c', 'd']);
    expect([volume.read('a'), volume.read('d')]).toEqual(['one', '4']);
    expect(statSync(join(volume.path, 'a')).mode & 0o777).toBe(0o440);
    expect(statSync(join(volume.path, 'c')).ino).toBe(untouched);
  });

  it('is replaced file by file: who reads the old one reads it to its end', async () => {
    const objects: Record<string, Record<string, string>> = { key: { token: 'old' } };
    const volume = await standing({ secret: { secretName: 'key', items: [{ key: 'token', path: 'a/b' }] } }, objects);
    const before = statSync(join(volume.path, 'a/b')).ino;
    objects.key = { token: 'new' };
    await volume.refresh();
    expect(volume.read('a/b')).toBe('new');
    expect(statSync(join(volume.path, 'a/b')).ino).not.toBe(before);
    expect(volume.files()).toEqual(['a', 'a/b']);
  });

  it('follows the pod’s labels, and leaves its token alone', async () => {
    const labels = { app: 'x' };
    const sources = [
      { serviceAccountToken: { path: 'token' } },
      { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
    ];
    const volume = await standing({ projected: { sources } }, {}, labels);
    writeFileSync(join(volume.path, 'token'), 'renewed meanwhile');
    labels.app = 'y';
    await volume.refresh();
    expect([volume.read('labels'), volume.read('token')]).toEqual(['app="y"', 'renewed meanwhile']);
  });

  it('stays as it is when its object is gone', async () => {
    const objects: Record<string, Record<string, string>> = { conf: { a: '1' } };
    const volume = await standing({ configMap: { name: 'conf' } }, objects);
    delete objects.conf;
    await expect(volume.refresh()).rejects.toThrow('configmap "conf" not found');
    expect(volume.files()).toEqual(['a']);
  });

  it('is none that only holds what programs write, nor the access every pod is given', () => {
    const volumes = [
      { name: 'scratch', emptyDir: {} },
      { name: 'kube-api-access-x2z', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
      { name: 'conf', configMap: { name: 'conf' } },
    ];
    expect(refreshedVolumes({ spec: { containers: [], volumes } } as unknown as Pod)).toEqual([volumes[2]]);
  });
});
