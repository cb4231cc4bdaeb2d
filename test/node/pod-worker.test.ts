import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createApiCore } from '../../src/api/create-api-core.ts';
import { InProcessTransport } from '../../src/api/in-process-transport.ts';
import type { NodeContext } from '../../src/node/node-context.ts';
import { PodWorker } from '../../src/node/pod-worker.ts';
import type { ContainerExit, ContainerRuntime, ContainerSpec } from '../../src/node/runtime/container-runtime.ts';
import { NAMESPACES, PODS } from '../../src/objects/resource.ts';
import { hasReason } from '../../src/objects/transport.ts';
import type { Pod } from '../../src/objects/wire.ts';

const KEY = { namespace: 'default', name: 'web' };
const directory = mkdtempSync(join(tmpdir(), 'podwire-worker-'));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A runtime whose containers run until they are stopped. */
function idleRuntime(): ContainerRuntime {
  const start = async (_pod: unknown, { id }: ContainerSpec) => {
    const exited = Promise.withResolvers<ContainerExit>();
    return { id, exited: exited.promise, stop: async () => exited.resolve({ code: 0 }), logs: async function* () {} };
  };
  return { start, forget: () => undefined } as unknown as ContainerRuntime;
}

interface Surroundings {
  /** What the pod's network does when the pod goes. */
  readonly detach?: () => Promise<void>;
  readonly configMaps?: Readonly<Record<string, Record<string, Buffer> | undefined>>;
  readonly volumes?: object[];
}

/** The worker of one pod of a real API core. */
async function workerOf({ detach = async () => undefined, configMaps = {}, volumes = [] }: Surroundings) {
  const core = createApiCore({ serviceCIDRs: ['10.96.0.0/12'], certificateAuthority: 'none' });
  const transport = new InProcessTransport(core);
  await transport.create(NAMESPACES, { metadata: { name: 'default' } });
  const warnings: string[] = [];
  const context = {
    options: {
      ...{ node: 'node-1', netns: 'lab.node-1', nodeIps: ['192.168.1.11'], directory, transport },
      ...{ clusterDns: '10.96.0.10', clusterDomain: 'cluster.local', resolverConfig: '' },
      ...{ kernel: { sockets: {} }, volumeSyncMs: 5 },
      runtime: idleRuntime(),
      log: { warn: (message: string, fields: object) => warnings.push(`${message} ${JSON.stringify(fields)}`) },
    },
    recorder: { normal: () => undefined, warning: () => undefined },
    sandboxes: { attach: async () => ({ netns: 'lab.default.web', ips: ['10.244.1.2'] }), detach },
    source: {
      configMap: async (_namespace: string, name: string) =>
        name in configMaps ? configMaps[name] : { 'ca.crt': Buffer.from('PEM') },
      secret: async () => undefined,
    },
    tokens: async () => ({ token: 'a-token', expires: Date.now() + 3_600_000 }),
    services: () => [],
    podCount: () => 1,
    allocatable: {},
  } as unknown as NodeContext;
  const spec = { nodeName: 'node-1', containers: [{ name: 'main', image: 'nginx' }], volumes };
  const worker = new PodWorker(context, await transport.create(PODS, { metadata: KEY, spec } as Pod));
  await worker.settled();
  return { transport, worker, warnings };
}

describe('a pod that is deleted', () => {
  it('goes, although its sandbox cannot be removed at first', async () => {
    let attempts = 0;
    const { transport, worker, warnings } = await workerOf({
      detach: async () => {
        attempts += 1;
        if (attempts < 3) throw new Error('the kernel is busy');
      },
    });
    expect((await transport.get(PODS, KEY)).status?.phase).toBe('Running');
    await transport.delete(PODS, KEY);
    worker.update(await transport.get(PODS, KEY));
    await worker.gone;
    expect(attempts).toBe(3);
    expect(warnings).toEqual(Array(2).fill(expect.stringContaining('the kernel is busy')));
    const error: unknown = await transport.get(PODS, KEY).catch((failure: unknown) => failure);
    expect(hasReason(error, 'NotFound')).toBe(true);
  });
});

describe('a ConfigMap in a volume of a pod that runs', () => {
  it('shows what it has become, and nothing is written once the pod has gone', async () => {
    const configMaps = { conf: { greeting: Buffer.from('hello') } };
    const volumes = [{ name: 'conf', configMap: { name: 'conf' } }];
    const { transport, worker, warnings } = await workerOf({ configMaps, volumes });
    const file = join(directory, 'pods', worker.identity.uid, 'volumes/conf/greeting');
    expect(readFileSync(file, 'utf8')).toBe('hello');
    configMaps.conf = { greeting: Buffer.from('good day') };
    await expect.poll(() => readFileSync(file, 'utf8'), { timeout: 10_000 }).toBe('good day');
    await transport.delete(PODS, KEY);
    worker.update(await transport.get(PODS, KEY));
    await worker.gone;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(() => readFileSync(file)).toThrow('ENOENT');
    expect(warnings).toEqual([]);
  });

  it('follows it also when another volume’s object is gone', async () => {
    const configMaps: Record<string, Record<string, Buffer> | undefined> = {
      lost: { key: Buffer.from('kept') },
      conf: { greeting: Buffer.from('hello') },
    };
    const volumes = ['lost', 'conf'].map((name) => ({ name, configMap: { name } }));
    const { worker, warnings } = await workerOf({ configMaps, volumes });
    const file = (path: string) => readFileSync(join(directory, 'pods', worker.identity.uid, 'volumes', path), 'utf8');
    configMaps.lost = undefined;
    configMaps.conf = { greeting: Buffer.from('good day') };
    await expect.poll(() => file('conf/greeting'), { timeout: 10_000 }).toBe('good day');
    expect(file('lost/key')).toBe('kept');
    expect(warnings.join()).toContain('volume lost not refreshed, will be tried again');
    await worker.stop();
  });
});
