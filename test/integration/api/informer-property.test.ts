/**
 * Whatever happens (creations, updates, deletions, connections cut, a history too short to resume from), the caches of
 * informers, ours and client-node's, come to equal a fresh list.
 */
import { CoreV1Api, KubeConfig, ListWatch, type V1ConfigMap, Watch } from '@kubernetes/client-node';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Informer } from '../../../src/client/informer.ts';
import { loadKubeconfig } from '../../../src/client/kubeconfig.ts';
import { RemoteTransport } from '../../../src/client/remote-transport.ts';
import { CONFIG_MAPS } from '../../../src/objects/resource.ts';
import type { ConfigMap } from '../../../src/objects/wire.ts';
import { eventually } from '../scratch.ts';
import { type KubectlServer, startKubectlServer } from './kubectl-fixture.ts';

const namespace = 'default';
/** Between this and twice as many events are kept: a few updates behind is too far. */
const LOG_CAPACITY = 4;

let server: KubectlServer;
beforeAll(async () => {
  server = await startKubectlServer(undefined, undefined, { logCapacity: LOG_CAPACITY });
});
afterAll(() => server.close());

const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ act: fc.constant('put' as const), name, label: fc.constantFrom('x', 'y') }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('delete' as const), name }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('cut' as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('pause' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

async function take(each: Step): Promise<void> {
  if (each.act === 'cut') return server.cut();
  // Lets what is under way go on: the next steps meet another moment of it.
  if (each.act === 'pause') return new Promise((resolve) => setTimeout(resolve, 5));
  const { transport } = server;
  const key = { namespace, name: each.name };
  const current = await transport.get(CONFIG_MAPS, key).catch(() => undefined);
  if (each.act === 'delete') {
    if (current !== undefined) await transport.delete(CONFIG_MAPS, key);
    return;
  }
  const version = String(Number(current?.data?.version ?? '0') + 1);
  const object: ConfigMap = { metadata: { ...key, labels: { app: each.label } }, data: { version } };
  if (current === undefined) await transport.create(CONFIG_MAPS, object);
  else await transport.update(CONFIG_MAPS, object);
}

type Versions = Readonly<Record<string, string | undefined>>;

function versionsOf(objects: readonly (ConfigMap | V1ConfigMap)[]): Versions {
  return Object.fromEntries(
    objects.map(({ metadata }) => [`${metadata?.name} ${metadata?.uid}`, metadata?.resourceVersion]),
  );
}

/** A cache under test. */
interface Cache {
  list(): Versions;
  stop(): Promise<unknown>;
}

async function ours(labelSelector: string | undefined): Promise<Cache> {
  const { connection } = await loadKubeconfig(server.kubeconfig);
  const selection = { namespace, ...(labelSelector === undefined ? {} : { labelSelector }) };
  const informer = new Informer(new RemoteTransport(connection), CONFIG_MAPS, {
    ...selection,
    onError: () => undefined,
  });
  await informer.start();
  return { list: () => versionsOf(informer.list()), stop: () => informer.stop() };
}

async function clientNodes(labelSelector: string | undefined): Promise<Cache> {
  const config = new KubeConfig();
  config.loadFromFile(server.kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const selection = { namespace, ...(labelSelector === undefined ? {} : { labelSelector }) };
  const list = () => core.listNamespacedConfigMap(selection);
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const delayFn = () => new Promise<void>((resolve) => setTimeout(resolve, 10));
  const informer = new ListWatch(path, new Watch(config), list, false, labelSelector, undefined, { delayFn });
  let stopped = false;
  informer.on('error', () => {
    if (!stopped) setTimeout(() => void informer.start(), 10);
  });
  await informer.start();
  return {
    list: () => versionsOf(informer.list() as V1ConfigMap[]),
    stop: () => {
      stopped = true;
      return informer.stop();
    },
  };
}

async function fresh(labelSelector: string | undefined): Promise<Versions> {
  const selection = { namespace, ...(labelSelector === undefined ? {} : { labelSelector }) };
  return versionsOf((await server.transport.list(CONFIG_MAPS, selection)).items);
}

function same(a: Versions, b: Versions): boolean {
  return JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
}

it.each([
  ["ours'", ours],
  ["client-node's", clientNodes],
])('%s equals a fresh list in the end', { timeout: 180_000 }, async (_, open) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.constantFrom(undefined, 'app=x'),
      async (steps, selector) => {
        const cache = await open(selector);
        try {
          for (const each of steps) await take(each);
          const wanted = await fresh(selector);
          await eventually(() => same(cache.list(), wanted), 20_000).catch(() => expect(cache.list()).toEqual(wanted));
        } finally {
          await cache.stop();
        }
      },
    ),
    { numRuns: 40, interruptAfterTimeLimit: 60_000 },
  );
});
