import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { containerMounts } from '../../../src/node/pod/container-mounts.ts';
import { fillVolumes, setUpVolumes } from '../../../src/node/pod/volumes.ts';
import type { Container, Pod } from '../../../src/objects/wire.ts';

const directory = mkdtempSync(join(tmpdir(), 'podwire-volumes-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let count = 0;
function setUp(volume: object, data?: Record<string, Buffer>) {
  count += 1;
  return setUpVolumes(join(directory, String(count)), projectionOf(volume, data));
}

function projectionOf(volume: object, data: Record<string, Buffer> = { key: Buffer.from('value') }) {
  const pod = {
    metadata: { name: 'web', namespace: 'shop', labels: { app: 'x' } },
    spec: { containers: [], volumes: [{ name: 'v', ...volume }] },
  };
  const read = async (_namespace: string, name: string) => (name === 'here' ? data : undefined);
  return {
    pod: pod as unknown as Pod,
    source: { configMap: read, secret: read },
    tokens: async (_pod: Pod, audience: string, seconds: number) => ({
      token: `token for ${audience}`,
      expires: seconds * 1000,
    }),
    nodeFiles: join(directory, 'node'),
    placement: { podIps: ['10.244.1.2'], hostIps: ['192.168.1.11'], allocatable: {} },
  };
}

describe('setUpVolumes', () => {
  it('writes keys as files, items under their paths with their modes', async () => {
    const all = (await setUp({ configMap: { name: 'here' } })).places.get('v')!;
    expect(readFileSync(join(all.path, 'key'), 'utf8')).toBe('value');
    expect(all.writable).toBe(false);
    const items = (
      await setUp({ secret: { secretName: 'here', items: [{ key: 'key', path: 'a/b', mode: 0o400 }] } })
    ).places.get('v')!;
    expect(statSync(join(items.path, 'a/b')).mode & 0o777).toBe(0o400);
    const fields = (
      await setUp({ downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } })
    ).places.get('v')!;
    expect(readFileSync(join(fields.path, 'labels'), 'utf8')).toBe('app="x"');
  });

  it('leaves volumes with tokens for later when it may, and refuses at once what leads nowhere', async () => {
    const place = join(directory, 'later');
    const token = { serviceAccountToken: { path: 'token', expirationSeconds: 600 } };
    const whole = projectionOf({ projected: { sources: [token, { configMap: { name: 'here' } }] } });
    const { later, expires, places } = await setUpVolumes(place, whole, true);
    expect(expires).toBeUndefined();
    expect(existsSync(places.get('v')!.path)).toBe(false);
    expect(await fillVolumes(place, whole, later)).toBe(600_000);
    expect(readFileSync(join(place, 'v/token'), 'utf8')).toBe('token for ');
    expect(readFileSync(join(place, 'v/key'), 'utf8')).toBe('value');
    const broken = projectionOf({ projected: { sources: [token, { configMap: { name: 'gone' } }] } });
    await expect(setUpVolumes(place, broken, true)).rejects.toThrow('configmap "gone" not found');
  });

  it.each<[string, object, string]>([
    ['a ConfigMap that is not there', { configMap: { name: 'gone' } }, 'configmap "gone" not found'],
    [
      'a key that is not there',
      { secret: { secretName: 'here', items: [{ key: 'no', path: 'x' }] } },
      'references non-existent secret key: no',
    ],
    [
      'a path that leads out',
      { configMap: { name: 'here', items: [{ key: 'key', path: '../../x' }] } },
      "invalid path: must not contain '..': ../../x",
    ],
    [
      'a directory its node has not',
      { hostPath: { path: '/nowhere', type: 'Directory' } },
      'hostPath type check failed: /nowhere is not a directory',
    ],
    [
      'a device',
      { hostPath: { path: '/dev/sda', type: 'BlockDevice' } },
      'a node of the lab has no BlockDevice at /dev/sda',
    ],
    ['what a lab has not', { nfs: { server: 'x', path: '/' } }, 'podwire has no nfs volumes'],
    [
      'trust bundles',
      { projected: { sources: [{ clusterTrustBundle: { path: 'x' } }] } },
      'no clusterTrustBundle to project',
    ],
  ])('refuses %s', async (_title, volume, message) => {
    await expect(setUp(volume)).rejects.toThrow(message);
    expect(existsSync(join(directory, 'x'))).toBe(false);
  });

  it('shows pods of one node the same files under the same hostPath, and never the machine’s', async () => {
    const place = async (hostPath: object) => (await setUp({ hostPath })).places.get('v')!;
    const first = await place({ path: '/var/data' });
    writeFileSync(join(first.path, 'kept'), 'x');
    expect(first.writable).toBe(true);
    const again = await place({ path: '/var/../var/data/', type: 'Directory' });
    expect(readFileSync(join(again.path, 'kept'), 'utf8')).toBe('x');
    // A path within another is a place of its own: no link made in the one leads the other anywhere.
    expect((await place({ path: '/var/data/kept' })).path.startsWith(first.path)).toBe(false);
    expect(readdirSync((await place({ path: '/etc' })).path)).toEqual([]);
    const file = await place({ path: '/etc/passwd', type: 'FileOrCreate' });
    expect(readFileSync(file.path, 'utf8')).toBe('');
    await expect(place({ path: '/etc/passwd' })).rejects.toThrow(
      'hostPath type check failed: /etc/passwd is not a directory',
    );
  });

  it('passes over what is optional', async () => {
    expect((await setUp({ configMap: { name: 'gone', optional: true } })).places.has('v')).toBe(true);
  });
});

describe('containerMounts', () => {
  const conf = join(directory, 'conf');
  mkdirSync(conf);
  writeFileSync(join(conf, 'conf.yaml'), '');
  const volumes = new Map([
    ['data', { path: '/state/data', writable: true }],
    ['conf', { path: conf, writable: false }],
  ]);
  const mounts = (...volumeMounts: object[]) =>
    containerMounts({ name: 'main', volumeMounts } as unknown as Container, volumes, { POD: 'web' });

  it('are writable only where the volume is', () => {
    expect(
      mounts(
        { name: 'data', mountPath: '/data/' },
        { name: 'conf', mountPath: '/etc/conf.yaml', subPath: 'conf.yaml' },
      ),
    ).toEqual([
      { source: '/state/data', target: '/data', readOnly: false },
      { source: join(conf, 'conf.yaml'), target: '/etc/conf.yaml', readOnly: true },
    ]);
  });

  it('leave a subPath of what programs write to be found when the container is made, with variables of its environment', () => {
    expect(
      mounts(
        { name: 'data', mountPath: '/a', subPath: './x//y/' },
        { name: 'data', mountPath: '/b', subPathExpr: '$(POD)/z', readOnly: true },
        { name: 'data', mountPath: '/c', subPath: '.' },
      ),
    ).toEqual([
      { source: '/state/data', within: 'x/y', target: '/a', readOnly: false },
      { source: '/state/data', within: 'web/z', target: '/b', readOnly: true },
      { source: '/state/data', target: '/c', readOnly: false },
    ]);
  });

  it.each<[string, object[], string]>([
    ['over the root', [{ name: 'data', mountPath: '/' }], "the runtime's own"],
    ['within /proc, by a way round', [{ name: 'data', mountPath: '/a/../proc/sys' }], "the runtime's own"],
    [
      'within another volume',
      [
        { name: 'data', mountPath: '/a' },
        { name: 'conf', mountPath: '/a/b' },
      ],
      'lies within another volume',
    ],
    ['a subPath that leads out', [{ name: 'conf', mountPath: '/a', subPath: '../data' }], "must not contain '..'"],
    ['an absolute subPath', [{ name: 'data', mountPath: '/a', subPath: '/etc' }], 'must not be an absolute path'],
    ['a variable there is not', [{ name: 'data', mountPath: '/a', subPathExpr: '$(NO)' }], 'names a variable there is'],
    ['a subPath that is not there', [{ name: 'conf', mountPath: '/a', subPath: 'no' }], 'is not in volume "conf"'],
    ['a volume the pod has not', [{ name: 'no', mountPath: '/a' }], 'not one of the pod'],
  ])('refuse a mount %s', (_title, given, message) => {
    expect(() => mounts(...given)).toThrow(message);
  });
});
