/**
 * A program built on client-go, the library of kube-proxy, CoreDNS and flanneld, keeps informers on our API: it sees every
 * change another client makes, whether its first state comes by a list or within the watch. Needs Go and its modules.
 */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadKubeconfig } from '../../../src/client/kubeconfig.ts';
import { RemoteTransport } from '../../../src/client/remote-transport.ts';
import { ENDPOINT_SLICES, PODS, SERVICES } from '../../../src/objects/resource.ts';
import type { Transport } from '../../../src/objects/transport.ts';
import { eventually } from '../scratch.ts';
import { type KubectlServer, startKubectlServer } from './kubectl-fixture.ts';

const SOURCE = join(import.meta.dirname, '../client-go');
const DOWNLOAD_LIMIT_MS = 30_000;
/** Unoptimised, without cgo: half a minute of one core when nothing of it has been compiled yet; Go keeps what has been. */
const BUILD = ['build', '-buildvcs=false', '-gcflags=all=-N -l', '-ldflags=-s -w'];
const BUILD_LIMIT_MS = 90_000;
const namespace = 'default';

interface Change {
  readonly type?: 'added' | 'updated' | 'deleted';
  readonly synced?: true;
  readonly resource: string;
  readonly name: string;
  readonly resourceVersion: string;
  readonly labels?: Record<string, string>;
}

/** Undefined when it succeeded, else why not. */
function go(limitMs: number, ...args: string[]): string | undefined {
  const env = { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local' };
  const { status, stderr, error } = spawnSync('go', args, { cwd: SOURCE, env, encoding: 'utf8', timeout: limitMs });
  if (error !== undefined) return `${error.message} after at most ${limitMs / 1000} s`;
  return status === 0 ? undefined : (stderr.trim().split('\n').at(-1) ?? 'no reason given');
}

/** Builds the program; undefined, or why it cannot be had here. */
function obstacleTo(program: string): string | undefined {
  if (spawnSync('go', ['version']).status !== 0) return 'no go on the PATH';
  const missing = go(DOWNLOAD_LIMIT_MS, 'mod', 'download');
  if (missing !== undefined) return `its modules cannot be had: ${missing}`;
  const failure = go(BUILD_LIMIT_MS, ...BUILD, '-o', program, '.');
  // Slow is the machine's matter (the next run goes on where this one ended); what does not compile is ours.
  if (failure?.includes('ETIMEDOUT')) return `not compiled in time: ${failure}`;
  if (failure !== undefined) throw new Error(`go build failed: ${failure}`);
  return undefined;
}

const directory = mkdtempSync(join(tmpdir(), 'client-go-'));
const program = join(directory, 'informer');
const obstacle = obstacleTo(program);
const cleanUp = () => rmSync(directory, { recursive: true, force: true });
if (obstacle === undefined) afterAll(cleanUp);
else {
  process.stderr.write(`client-go: skipped, ${obstacle}\n`);
  cleanUp();
}

class InformerProgram {
  readonly changes: Change[] = [];
  log = '';
  readonly #child: ChildProcessWithoutNullStreams;

  constructor(program: string, kubeconfig: string, watchList: boolean) {
    this.#child = spawn(program, [`-kubeconfig=${kubeconfig}`, '-v=6'], {
      env: { PATH: '', HOME: tmpdir(), KUBE_FEATURE_WatchListClient: String(watchList) },
    });
    createInterface(this.#child.stdout).on('line', (line) => this.changes.push(JSON.parse(line) as Change));
    this.#child.stderr.on('data', (chunk) => {
      this.log += chunk;
    });
  }

  get isSynced(): boolean {
    return this.changes.some(({ synced }) => synced);
  }

  of(resource: string, name: string): string[] {
    return this.changes
      .filter((change) => change.resource === resource && change.name === name)
      .map(({ type }) => type!);
  }

  /** Ends it; resolves with its exit code. */
  end(): Promise<number | null> {
    return new Promise((resolve) => {
      this.#child.on('close', resolve);
      this.#child.stdin.end();
    });
  }
}

describe.skipIf(obstacle !== undefined)('client-go', () => {
  describe.each([true, false])('first state within the watch: %s', (watchList) => {
    let server: KubectlServer;
    let other: Transport;
    let informers: InformerProgram;
    beforeAll(async () => {
      server = await startKubectlServer();
      other = new RemoteTransport((await loadKubeconfig(server.kubeconfig)).connection);
      await service('early');
      informers = new InformerProgram(program, server.kubeconfig, watchList);
      await eventually(() => informers.isSynced, 30_000).catch(() => expect(informers.log).toBe(''));
    });
    afterAll(async () => {
      expect(await informers.end()).toBe(0);
      server.close();
    });

    const service = (name: string) =>
      other.create(SERVICES, {
        metadata: { name, namespace },
        spec: { selector: { app: name }, ports: [{ port: 80 }] },
      });
    const seen = (resource: string, name: string, types: string[]) =>
      eventually(() => informers.of(resource, name).join() === types.join(), 10_000).catch(() =>
        expect(informers.of(resource, name)).toEqual(types),
      );

    it('asks as it is told', () => {
      const asked = /sendInitialEvents=true/.test(informers.log);
      expect(asked, informers.log).toBe(watchList);
    });

    it('has what was there before', () => seen('services', 'early', ['added']));

    it('sees every change of every kind, with the version it was given', async () => {
      const key = { namespace, name: 'web' };
      const created = await service('web');
      const patched = await other.patch(SERVICES, key, 'merge', { metadata: { labels: { tier: 'front' } } });
      await seen('services', 'web', ['added', 'updated']);
      await other.delete(SERVICES, key);
      await seen('services', 'web', ['added', 'updated', 'deleted']);
      const versions = informers.changes.filter(({ name }) => name === 'web').map((change) => change.resourceVersion);
      expect(versions.slice(0, 2)).toEqual([created, patched].map(({ metadata }) => metadata?.resourceVersion));

      const pod = { metadata: key, spec: { containers: [{ name: 'main', image: 'nginx' }] } };
      await other.create(PODS, pod);
      await other.patch(PODS, key, 'strategic', { status: { podIP: '10.244.1.2' } }, { subresource: 'status' });
      await seen('pods', 'web', ['added', 'updated']);
      await other.create(ENDPOINT_SLICES, {
        metadata: { ...key, labels: { 'kubernetes.io/service-name': 'web' } },
        ...{ addressType: 'IPv4', endpoints: [{ addresses: ['10.244.1.2'] }], ports: [{ name: '', port: 80 }] },
      });
      await seen('endpointslices', 'web', ['added']);
    });

    it('sees a hundred changes in a row, each', async () => {
      const key = { namespace, name: 'many' };
      await service('many');
      for (let round = 0; round < 100; round += 1) {
        await other.patch(SERVICES, key, 'merge', { metadata: { labels: { round: String(round) } } });
      }
      await seen('services', 'many', ['added', ...Array<string>(100).fill('updated')]);
      const rounds = informers.changes.filter(({ name }) => name === 'many').map(({ labels }) => labels?.round);
      expect(rounds).toEqual([undefined, ...Array.from({ length: 100 }, (_, round) => String(round))]);
    });

    it('misses nothing when its connections break', async () => {
      server.cut();
      // Not over a connection that has just been cut.
      const spec = { ports: [{ port: 80 }] };
      await server.transport.create(SERVICES, { metadata: { name: 'unseen', namespace }, spec });
      await server.transport.delete(SERVICES, { namespace, name: 'early' });
      await eventually(() => informers.of('services', 'unseen').length > 0, 30_000);
      await seen('services', 'early', ['added', 'deleted']);
      expect(informers.of('services', 'unseen')).toEqual(['added']);
    });
  });
});
