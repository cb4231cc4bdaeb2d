import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import { planRefresh, refreshedVolumes } from '../../../src/node/pod/refresh-volumes.ts';
import { type Projection, setUpVolumes } from '../../../src/node/pod/volumes.ts';
import type { Pod } from '../../../src/objects/wire.ts';

const directory = mkdtempSync(join(tmpdir(), 'podwire-refresh-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let count = 0;

/** Reads both files of one version, over and over, and ends with an error when they do not belong together. Tells now and then how often. */
const READER = `
  const { readFileSync, readlinkSync } = require('node:fs');
  const { parentPort, workerData } = require('node:worker_threads');
  let isStopped = false;
  parentPort.once('message', () => { isStopped = true; });
  const read = (path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      if (error.code === 'ENOENT') return undefined; // replaced meanwhile
      throw error;
    }
  };
  let reads = 0;
  const turn = () => {
    for (let each = 0; each < 20; each += 1) {
      const version = workerData + '/' + readlinkSync(workerData + '/..data');
      const [a, b, shown] = [version + '/a', version + '/b', workerData + '/a'].map(read);
      if (shown !== undefined && !/^(.)\\1{19999}$/.test(shown)) throw new Error('half a file');
      if (a === undefined || b === undefined) continue;
      if (a !== b) throw new Error('a and b are of different versions');
      reads += 1;
    }
    parentPort.postMessage(reads);
    if (isStopped) process.exit(0);
    setImmediate(turn);
  };
  turn();
`;

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
    /** What a program sees that does not look at names that begin with two dots. */
    files: () =>
      readdirSync(path)
        .filter((name) => !name.startsWith('..'))
        .sort(),
    version: () => readlinkSync(join(path, '..data')),
    refresh: async () => (await planRefresh(place, projection, refreshedVolumes(pod)[0]!))(),
  };
}

describe('a volume that is refreshed', () => {
  it('has changed and new keys, those that are gone no longer; what is the same is not written again', async () => {
    const objects: Record<string, Record<string, string>> = { conf: { a: '1', b: '2', c: '3' } };
    const volume = await standing({ configMap: { name: 'conf', defaultMode: 0o440 } }, objects);
    const first = volume.version();
    await volume.refresh();
    expect(volume.version()).toBe(first);
    objects.conf = { a: 'one', c: '3', d: '4' };
    await volume.refresh();
    expect(volume.files()).toEqual(['a', 'c', 'd']);
    expect([volume.read('a'), volume.read('d')]).toEqual(['one', '4']);
    expect(statSync(join(volume.path, 'a')).mode & 0o777).toBe(0o440);
    // As in Kubernetes: one version at a time, named for the time it was written, and links into it.
    expect(volume.version()).toMatch(/^\.\.20\d\d(_\d\d){5}\.\d+$/);
    expect(readdirSync(volume.path).sort()).toEqual([volume.version(), '..data', 'a', 'c', 'd'].sort());
    expect(readlinkSync(join(volume.path, 'a'))).toBe('..data/a');
  });

  it('is a new version: who has opened a file, or mounted it alone, reads the old one on', async () => {
    const objects: Record<string, Record<string, string>> = { key: { token: 'old' } };
    const volume = await standing({ secret: { secretName: 'key', items: [{ key: 'token', path: 'a/b' }] } }, objects);
    const opened = openSync(join(volume.path, 'a/b'), 'r');
    objects.key = { token: 'new' };
    await volume.refresh();
    expect(volume.read('a/b')).toBe('new');
    expect(readFileSync(opened, 'utf8')).toBe('old');
    closeSync(opened);
    expect(volume.files()).toEqual(['a']);
  });

  it('is never half old and half new to a reader, nor is a file of it half written', async () => {
    const content = (version: number) => String(version % 10).repeat(20_000);
    const objects: Record<string, Record<string, string>> = { conf: { a: content(0), b: content(0) } };
    const volume = await standing({ configMap: { name: 'conf' } }, objects);
    const reader = new Worker(READER, { eval: true, workerData: volume.path });
    let [reads, isOver] = [0, false];
    reader.on('message', (count: number) => {
      reads = count;
    });
    // Rejects with the reader's error.
    const ended = once(reader, 'exit').finally(() => {
      isOver = true;
    });
    ended.catch(() => undefined);
    for (let version = 1; reads < 500 && !isOver; version += 1) {
      objects.conf = { a: content(version), b: content(version) };
      await volume.refresh();
      await new Promise((resolve) => setImmediate(resolve));
    }
    reader.postMessage('stop');
    expect(await ended).toEqual([0]);
  });

  it('is finished by the next daemon when one dies in the midst of it', async () => {
    const objects: Record<string, Record<string, string>> = { conf: { a: '1' } };
    const volume = await standing({ configMap: { name: 'conf' } }, objects);
    mkdirSync(join(volume.path, '..2026_01_01_00_00_00.1/half'), { recursive: true });
    symlinkSync('..2026_01_01_00_00_00.1', join(volume.path, '..data_tmp'));
    rmSync(join(volume.path, 'a'));
    objects.conf = { a: '2' };
    await volume.refresh();
    expect(readdirSync(volume.path).sort()).toEqual([volume.version(), '..data', 'a'].sort());
    expect(volume.read('a')).toBe('2');
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
