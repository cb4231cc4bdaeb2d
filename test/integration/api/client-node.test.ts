/** Kubernetes' own JavaScript client on our API: requests, a watch, an informer that resumes. */
import {
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1Service,
  Watch,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../scratch.ts';
import { type KubectlServer, startKubectlServer } from './kubectl-fixture.ts';

let server: KubectlServer;
let config: KubeConfig;
let core: CoreV1Api;
beforeAll(async () => {
  server = await startKubectlServer();
  config = new KubeConfig();
  config.loadFromFile(server.kubeconfig);
  core = config.makeApiClient(CoreV1Api);
});
afterAll(() => server.close());

const namespace = 'default';
const service = (name: string, app = name): V1Service => ({
  metadata: { name, labels: { app } },
  spec: { selector: { app }, ports: [{ name: 'http', port: 80 }] },
});

describe('requests', () => {
  it('create, read, replace, patch in three ways, list by label, delete', async () => {
    const created = await core.createNamespacedService({ namespace, body: service('web') });
    expect(created.spec?.clusterIP).toMatch(/^10\.(9[6-9]|1[01]\d)\./);
    expect(created.metadata?.creationTimestamp).toBeInstanceOf(Date);
    const read = await core.readNamespacedService({ namespace, name: 'web' });
    expect(read).toEqual(created);
    read.metadata!.annotations = { a: '1' };
    const replaced = await core.replaceNamespacedService({ namespace, name: 'web', body: read });
    expect(replaced.metadata?.annotations).toEqual({ a: '1' });
    await expect(core.replaceNamespacedService({ namespace, name: 'web', body: created })).rejects.toMatchObject({
      code: 409,
    });
    const patch = (strategy: (typeof PatchStrategy)[keyof typeof PatchStrategy], body: object) =>
      core.patchNamespacedService({ namespace, name: 'web', body }, setHeaderOptions('Content-Type', strategy));
    await patch(PatchStrategy.MergePatch, { metadata: { labels: { tier: 'front' } } });
    await patch(PatchStrategy.JsonPatch, [{ op: 'replace', path: '/metadata/annotations/a', value: '2' }]);
    const ports = [{ port: 443, name: 'https' }];
    const merged = await patch(PatchStrategy.StrategicMergePatch, { spec: { ports } });
    expect(merged.spec?.ports?.map(({ port }) => port)).toEqual([443, 80]);
    expect(merged.metadata).toMatchObject({ labels: { app: 'web', tier: 'front' }, annotations: { a: '2' } });
    const { items } = await core.listNamespacedService({ namespace, labelSelector: 'tier in (front),!none' });
    expect(items.map(({ metadata }) => metadata?.name)).toEqual(['web']);
    await core.deleteNamespacedService({ namespace, name: 'web' });
    await expect(core.readNamespacedService({ namespace, name: 'web' })).rejects.toMatchObject({ code: 404 });
  });

  it('server-side apply', async () => {
    const apply = (fieldManager: string, port: number) =>
      core.patchNamespacedService(
        {
          ...{ namespace, name: 'applied', fieldManager, force: false },
          body: {
            apiVersion: 'v1',
            kind: 'Service',
            metadata: { name: 'applied' },
            spec: { type: 'NodePort', ports: [{ port }] },
          },
        },
        setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply),
      );
    const first = await apply('one', 80);
    expect(first.metadata?.managedFields).toMatchObject([{ manager: 'one', operation: 'Apply' }]);
    await core.deleteNamespacedService({ namespace, name: 'applied' });
  });

  it('other groups, statuses and scales', async () => {
    const apps = config.makeApiClient(AppsV1Api);
    const labels = { app: 'd' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'nginx' }] } };
    const body = { metadata: { name: 'd' }, spec: { replicas: 2, selector: { matchLabels: labels }, template } };
    await apps.createNamespacedDeployment({ namespace, body });
    const scale = await apps.readNamespacedDeploymentScale({ namespace, name: 'd' });
    scale.spec!.replicas = 5;
    await apps.replaceNamespacedDeploymentScale({ namespace, name: 'd', body: scale });
    expect((await apps.readNamespacedDeployment({ namespace, name: 'd' })).spec?.replicas).toBe(5);
  });
});

it('a Watch tells of every change, in order', async () => {
  const seen: string[] = [];
  const watch = new Watch(config);
  const { metadata } = await core.listNamespacedConfigMap({ namespace });
  const controller = await watch.watch(
    `/api/v1/namespaces/${namespace}/configmaps`,
    { resourceVersion: metadata!.resourceVersion!, allowWatchBookmarks: true },
    (type: string, object: { metadata: { name: string } }) => seen.push(`${type} ${object.metadata.name}`),
    () => undefined,
  );
  for (const name of ['a', 'b']) await core.createNamespacedConfigMap({ namespace, body: { metadata: { name } } });
  await core.replaceNamespacedConfigMap({ namespace, name: 'a', body: { metadata: { name: 'a' }, data: { x: 'y' } } });
  await core.deleteNamespacedConfigMap({ namespace, name: 'b' });
  await eventually(() => seen.length >= 4);
  controller.abort();
  expect(seen).toEqual(['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED b']);
});

it('an informer keeps its cache true, over a broken connection too', async () => {
  await core.createNamespacedService({ namespace, body: service('before') });
  const seen: string[] = [];
  const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/services`, () =>
    core.listNamespacedService({ namespace }),
  );
  for (const verb of ['add', 'update', 'delete'] as const) {
    informer.on(verb, ({ metadata }) => seen.push(`${verb} ${metadata?.name}`));
  }
  // As the library's documentation has it: an informer that met an error is started again.
  informer.on('error', () => void informer.start());
  await informer.start();
  expect(seen).toEqual(['add before']);
  await core.createNamespacedService({ namespace, body: service('later') });
  await eventually(() => seen.includes('add later'));
  server.cut();
  await core.createNamespacedService({ namespace, body: service('unseen') });
  await core.deleteNamespacedService({ namespace, name: 'before' });
  await eventually(() => seen.includes('add unseen') && seen.includes('delete before'), 15_000);
  expect(
    informer
      .list()
      .map(({ metadata }) => metadata?.name)
      .sort(),
  ).toEqual(['later', 'unseen']);
  await informer.stop();
  // Each change came once.
  expect([...new Set(seen)]).toEqual(seen);
});
