import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  ENDPOINTS,
  EVENTS,
  PODS,
  REPLICA_SETS,
  SERVICES,
} from '../../src/objects/resource.ts';
import type { Deployment, EndpointSlice, Event, Pod, ReplicaSet, Service } from '../../src/objects/wire.ts';
import { type Cluster, startCluster } from './cluster.ts';

let cluster: Cluster;

beforeEach(async () => {
  cluster = await startCluster();
});

afterEach(async () => {
  await cluster.stop();
  expect(cluster.complaints).toEqual([]);
});

const eventually = <R>(check: () => Promise<R>): Promise<R> => vi.waitFor(check, { timeout: 5_000, interval: 5 });

const deployment = (replicas: number, image = 'nginx:1', more: object = {}): Deployment => ({
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image, ports: [{ name: 'http', containerPort: 80 }] }] },
    },
    ...more,
  },
});

const service: Service = {
  metadata: { name: 'web', namespace: 'default' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] },
};

const key = { namespace: 'default', name: 'web' };

async function pods(): Promise<Pod[]> {
  return (await cluster.transport.list(PODS, { namespace: 'default' })).items;
}

async function sets(): Promise<ReplicaSet[]> {
  return (await cluster.transport.list(REPLICA_SETS, { namespace: 'default' })).items;
}

async function slices(): Promise<EndpointSlice[]> {
  return (await cluster.transport.list(ENDPOINT_SLICES, { namespace: 'default' })).items;
}

async function readyAddresses(): Promise<string[]> {
  const endpoints = (await slices()).flatMap((slice) => slice.endpoints ?? []);
  return endpoints.filter(({ conditions }) => conditions?.ready === true).flatMap(({ addresses }) => addresses);
}

async function eventsOf(name: string): Promise<Event[]> {
  const { items } = await cluster.transport.list(EVENTS, { namespace: 'default' });
  return items.filter(({ involvedObject }) => involvedObject.name === name);
}

async function rolledOut(replicas: number): Promise<void> {
  await eventually(async () => {
    const { status, metadata } = await cluster.transport.get(DEPLOYMENTS, key);
    expect(status).toMatchObject({
      observedGeneration: metadata?.generation,
      replicas,
      updatedReplicas: replicas,
      readyReplicas: replicas,
      availableReplicas: replicas,
    });
    expect(status?.conditions).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable' }),
        expect.objectContaining({ type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' }),
      ]),
    );
  });
}

it('an EndpointSlice says since when it is due, for kube-proxies to measure by', async () => {
  const { metadata } = await cluster.transport.create(SERVICES, service);
  await eventually(async () => expect(await slices()).toHaveLength(1));
  const [slice] = await slices();
  expect(slice?.metadata?.annotations).toEqual({
    'endpoints.kubernetes.io/last-change-trigger-time': metadata?.creationTimestamp,
  });
});

describe('a Deployment behind a Service', () => {
  it('becomes a ReplicaSet, pods on both workers, one slice and Endpoints', async () => {
    await cluster.transport.create(SERVICES, service);
    await cluster.transport.create(DEPLOYMENTS, deployment(4));
    await rolledOut(4);
    const [set] = await sets();
    expect(set?.metadata?.name).toMatch(/^web-[bcdf-hj-np-tv-xz2456789]{6,10}$/);
    expect(set?.metadata?.annotations).toMatchObject({ 'deployment.kubernetes.io/revision': '1' });
    const made = await pods();
    expect(made.map(({ spec }) => spec?.nodeName).sort()).toEqual(['node-1', 'node-1', 'node-2', 'node-2']);
    for (const pod of made) {
      expect(pod.metadata?.name).toMatch(new RegExp(`^${set?.metadata?.name}-[a-z0-9]{5}$`));
      expect(pod.metadata?.ownerReferences).toMatchObject([
        { kind: 'ReplicaSet', name: set?.metadata?.name, controller: true },
      ]);
    }
    await eventually(async () => expect(await readyAddresses()).toHaveLength(4));
    const [slice, ...others] = await slices();
    expect(others).toEqual([]);
    expect(slice).toMatchObject({
      metadata: {
        name: expect.stringMatching(/^web-[a-z0-9]{5}$/),
        labels: {
          'kubernetes.io/service-name': 'web',
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        },
        ownerReferences: [{ kind: 'Service', name: 'web' }],
      },
      addressType: 'IPv4',
      ports: [{ name: '', port: 80, protocol: 'TCP' }],
    });
    const first = slice?.endpoints?.[0];
    expect(first).toMatchObject({
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: expect.stringMatching(/^node-[12]$/),
      zone: expect.stringMatching(/^zone-[12]$/),
      targetRef: { kind: 'Pod', namespace: 'default' },
    });
    const endpoints = await cluster.transport.get(ENDPOINTS, key);
    expect(endpoints.subsets?.[0]?.addresses?.map(({ ip }) => ip).sort()).toEqual((await readyAddresses()).sort());
    expect(endpoints.subsets?.[0]?.ports).toEqual([{ port: 80, protocol: 'TCP' }]);
    await eventually(async () => {
      expect((await eventsOf('web')).map(({ message }) => message)).toEqual([
        `Scaled up replica set ${set?.metadata?.name} from 0 to 4`,
      ]);
      const messages = (await eventsOf(made[0]!.metadata!.name!)).map(({ message }) => message);
      expect(messages).toEqual([
        `Successfully assigned default/${made[0]?.metadata?.name} to ${made[0]?.spec?.nodeName}`,
      ]);
    });
  });

  it('creates exactly as many pods as asked for', async () => {
    const seen = new Set<string>();
    const abort = new AbortController();
    const watching = (async () => {
      const options = { resourceVersion: '0', signal: abort.signal };
      for await (const { object } of cluster.transport.watch(PODS, options)) seen.add(object.metadata?.uid ?? '');
    })();
    await cluster.transport.create(DEPLOYMENTS, deployment(60));
    await rolledOut(60);
    await cluster.transport.patch(DEPLOYMENTS, key, 'merge', { spec: { replicas: 10 } });
    await rolledOut(10);
    await eventually(async () => expect(await pods()).toHaveLength(10));
    abort.abort();
    await watching;
    expect(seen.size).toBe(60);
  });

  it('takes a pod out of the endpoints when it is no longer ready, and puts it back', async () => {
    await cluster.transport.create(SERVICES, service);
    await cluster.transport.create(DEPLOYMENTS, deployment(2));
    await rolledOut(2);
    const [pod] = await pods();
    await cluster.setReady(pod!.metadata!.name!, false);
    await eventually(async () => expect(await readyAddresses()).toHaveLength(1));
    const { subsets } = await cluster.transport.get(ENDPOINTS, key);
    expect(subsets).toMatchObject([{ addresses: [{}], notReadyAddresses: [{ ip: pod?.status?.podIP }] }]);
    await cluster.setReady(pod!.metadata!.name!, true);
    await eventually(async () => expect(await readyAddresses()).toHaveLength(2));
  });

  it('shows a pod that is being deleted as terminating, still serving', async () => {
    await cluster.transport.create(SERVICES, service);
    await cluster.transport.create(DEPLOYMENTS, deployment(1));
    await rolledOut(1);
    cluster.letsGo = false;
    const [pod] = await pods();
    await cluster.transport.delete(PODS, { namespace: 'default', name: pod!.metadata!.name! });
    await eventually(async () => {
      const endpoints = (await slices()).flatMap((slice) => slice.endpoints ?? []);
      expect(endpoints.map(({ conditions }) => conditions)).toEqual(
        expect.arrayContaining([
          { ready: false, serving: true, terminating: true },
          { ready: true, serving: true, terminating: false },
        ]),
      );
    });
  });

  it('replaces a pod that was deleted', async () => {
    await cluster.transport.create(DEPLOYMENTS, deployment(2));
    await rolledOut(2);
    const [victim] = await pods();
    await cluster.transport.delete(PODS, { namespace: 'default', name: victim!.metadata!.name! });
    await eventually(async () => {
      const now = await pods();
      expect(now).toHaveLength(2);
      expect(now.map(({ metadata }) => metadata?.uid)).not.toContain(victim!.metadata!.uid);
    });
  });
});

describe('a rollout', () => {
  it('keeps to maxSurge and maxUnavailable, and rolls back under the same ReplicaSet', async () => {
    const strategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } };
    await cluster.transport.create(DEPLOYMENTS, deployment(4, 'nginx:1', { strategy }));
    await rolledOut(4);
    const [first] = await sets();
    let most = 0;
    let leastReady = 99;
    const abort = new AbortController();
    const watching = (async () => {
      for await (const _ of cluster.transport.watch(PODS, { resourceVersion: '0', signal: abort.signal })) {
        const alive = (await pods()).filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
        most = Math.max(most, alive.length);
        leastReady = Math.min(
          leastReady,
          alive.filter(({ status }) => status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True'))
            .length,
        );
      }
    })();
    const template = { spec: { containers: [{ name: 'web', image: 'nginx:2' }] } };
    await cluster.transport.patch(DEPLOYMENTS, key, 'strategic', { spec: { template } });
    await rolledOut(4);
    abort.abort();
    await watching;
    expect(most).toBeLessThanOrEqual(5);
    expect(leastReady).toBeGreaterThanOrEqual(3);
    expect((await pods()).map(({ spec }) => spec?.containers[0]?.image)).toEqual(Array(4).fill('nginx:2'));
    expect((await cluster.transport.get(DEPLOYMENTS, key)).metadata?.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '2',
    });

    const back = { spec: { containers: [{ name: 'web', image: 'nginx:1' }] } };
    await cluster.transport.patch(DEPLOYMENTS, key, 'strategic', { spec: { template: back } });
    await rolledOut(4);
    const all = await sets();
    expect(all).toHaveLength(2);
    expect(all.find(({ metadata }) => metadata?.uid === first?.metadata?.uid)).toMatchObject({
      metadata: {
        annotations: {
          'deployment.kubernetes.io/revision': '3',
          'deployment.kubernetes.io/revision-history': '1',
        },
      },
      spec: { replicas: 4 },
    });
  });

  it('waits when new pods do not become ready', async () => {
    await cluster.transport.create(DEPLOYMENTS, deployment(4, 'nginx:1', { progressDeadlineSeconds: 1 }));
    await rolledOut(4);
    cluster.becomesReady = () => false;
    const template = { spec: { containers: [{ name: 'web', image: 'nginx:broken' }] } };
    await cluster.transport.patch(DEPLOYMENTS, key, 'strategic', { spec: { template } });
    await eventually(async () => {
      const { status } = await cluster.transport.get(DEPLOYMENTS, key);
      expect(status).toMatchObject({ updatedReplicas: 2, availableReplicas: 3 });
      expect(status?.conditions).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ type: 'Available', status: 'True' }),
          expect.objectContaining({ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }),
        ]),
      );
    });
  });

  it('with Recreate lets all old pods go before the first new one comes', async () => {
    await cluster.transport.create(DEPLOYMENTS, deployment(3, 'nginx:1', { strategy: { type: 'Recreate' } }));
    await rolledOut(3);
    cluster.letsGo = false;
    const template = { spec: { containers: [{ name: 'web', image: 'nginx:2' }] } };
    await cluster.transport.patch(DEPLOYMENTS, key, 'strategic', { spec: { template } });
    await eventually(async () => {
      const all = await pods();
      expect(all.filter(({ metadata }) => metadata?.deletionTimestamp !== undefined)).toHaveLength(3);
    });
    expect(await sets()).toHaveLength(1);
    for (const pod of await pods()) {
      const options = { gracePeriodSeconds: 0 };
      await cluster.transport.delete(PODS, { namespace: 'default', name: pod.metadata!.name! }, options);
    }
    await rolledOut(3);
  });

  it('stands still while paused', async () => {
    await cluster.transport.create(DEPLOYMENTS, deployment(2));
    await rolledOut(2);
    const template = { spec: { containers: [{ name: 'web', image: 'nginx:2' }] } };
    await cluster.transport.patch(DEPLOYMENTS, key, 'strategic', { spec: { paused: true, template } });
    await cluster.transport.patch(DEPLOYMENTS, key, 'merge', { spec: { replicas: 3 } });
    await eventually(async () => expect(await pods()).toHaveLength(3));
    expect(await sets()).toHaveLength(1);
    await cluster.transport.patch(DEPLOYMENTS, key, 'merge', { spec: { paused: false } });
    await rolledOut(3);
    expect(await sets()).toHaveLength(2);
  });
});

describe('deleting', () => {
  async function everythingGone(): Promise<void> {
    await eventually(async () => expect([await sets(), await pods(), await slices()]).toEqual([[], [], []]));
  }

  beforeEach(async () => {
    await cluster.transport.create(SERVICES, service);
    await cluster.transport.create(DEPLOYMENTS, deployment(3));
    await rolledOut(3);
  });

  it('in the background takes dependents along', async () => {
    await cluster.transport.delete(DEPLOYMENTS, key, { propagationPolicy: 'Background' });
    await cluster.transport.delete(SERVICES, key);
    await everythingGone();
    await eventually(async () =>
      expect((await cluster.transport.list(ENDPOINTS, { namespace: 'default' })).items).toEqual([]),
    );
  });

  it('in the foreground takes the owner last', async () => {
    cluster.letsGo = false;
    await cluster.transport.delete(DEPLOYMENTS, key, { propagationPolicy: 'Foreground' });
    await eventually(async () => {
      const going = (await pods()).filter(({ metadata }) => metadata?.deletionTimestamp !== undefined);
      expect(going).toHaveLength(3);
    });
    expect((await cluster.transport.get(DEPLOYMENTS, key)).metadata?.finalizers).toEqual(['foregroundDeletion']);
    for (const pod of await pods()) {
      const options = { gracePeriodSeconds: 0 };
      await cluster.transport.delete(PODS, { namespace: 'default', name: pod.metadata!.name! }, options);
    }
    await cluster.transport.delete(SERVICES, key);
    await everythingGone();
    await eventually(async () =>
      expect((await cluster.transport.list(DEPLOYMENTS, { namespace: 'default' })).items).toEqual([]),
    );
  });

  it('with orphan leaves the dependents, and a new Deployment adopts them', async () => {
    const [set] = await sets();
    await cluster.transport.delete(DEPLOYMENTS, key, { propagationPolicy: 'Orphan' });
    await eventually(async () => {
      expect((await cluster.transport.list(DEPLOYMENTS, { namespace: 'default' })).items).toEqual([]);
      expect((await sets())[0]?.metadata?.ownerReferences ?? []).toEqual([]);
    });
    expect(await pods()).toHaveLength(3);
    await cluster.transport.create(DEPLOYMENTS, deployment(3));
    await rolledOut(3);
    expect((await sets()).map(({ metadata }) => metadata?.uid)).toEqual([set?.metadata?.uid]);
    expect(await pods()).toHaveLength(3);
  });
});
