import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  DAEMON_SETS,
  EVENTS,
  NODES,
  PODS,
  REPLICA_SETS,
  REPLICATION_CONTROLLERS,
  STATEFUL_SETS,
} from '../../src/objects/resource.ts';
import type { DaemonSet, Pod, PodTemplateSpec, StatefulSet } from '../../src/objects/wire.ts';
import { type Cluster, node, startCluster } from './cluster.ts';

let cluster: Cluster;

beforeEach(async () => {
  cluster = await startCluster();
});

afterEach(async () => {
  await cluster.stop();
  expect(cluster.complaints).toEqual([]);
});

const eventually = <R>(check: () => Promise<R>): Promise<R> => vi.waitFor(check, { timeout: 5_000, interval: 5 });

const template = (image = 'nginx:1', spec: object = {}): PodTemplateSpec => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image }], ...spec },
});
const key = { namespace: 'default', name: 'web' };
const selector = { matchLabels: { app: 'web' } };

async function pods(): Promise<Pod[]> {
  const { items } = await cluster.transport.list(PODS, { namespace: 'default' });
  return items.sort((a, b) => (a.metadata!.name! < b.metadata!.name! ? -1 : 1));
}
const names = async (): Promise<string[]> => (await pods()).map(({ metadata }) => metadata!.name!);

describe('a ReplicationController', () => {
  it('makes pods, counts them, scales down by deleting those not ready first', async () => {
    await cluster.transport.create(REPLICATION_CONTROLLERS, {
      metadata: key,
      spec: { replicas: 3, selector: { app: 'web' }, template: template() },
    });
    await eventually(async () =>
      expect((await cluster.transport.get(REPLICATION_CONTROLLERS, key)).status).toMatchObject({
        replicas: 3,
        fullyLabeledReplicas: 3,
        readyReplicas: 3,
        availableReplicas: 3,
        observedGeneration: 1,
      }),
    );
    const [, sick] = await names();
    await cluster.setReady(sick!, false);
    await eventually(async () =>
      expect((await cluster.transport.get(REPLICATION_CONTROLLERS, key)).status?.readyReplicas).toBe(2),
    );
    await cluster.transport.patch(REPLICATION_CONTROLLERS, key, 'merge', { spec: { replicas: 2 } });
    await eventually(async () => expect(await names()).toHaveLength(2));
    expect(await names()).not.toContain(sick);
  });
});

describe('a ReplicaSet', () => {
  it('adopts pods its selector selects, and lets go of one whose labels change', async () => {
    await cluster.transport.create(PODS, { metadata: { ...key, labels: { app: 'web' } }, spec: template().spec! });
    await cluster.transport.create(REPLICA_SETS, {
      metadata: key,
      spec: { replicas: 2, selector, template: template() },
    });
    await eventually(async () => expect(await pods()).toHaveLength(2));
    expect((await cluster.transport.get(PODS, key)).metadata?.ownerReferences).toMatchObject([{ kind: 'ReplicaSet' }]);
    await cluster.transport.patch(PODS, key, 'merge', { metadata: { labels: { app: 'debug' } } });
    await eventually(async () => {
      expect((await cluster.transport.get(PODS, key)).metadata?.ownerReferences ?? []).toEqual([]);
      expect(await pods()).toHaveLength(3);
    });
  });

  it('says why it cannot make pods, once the API refuses them', async () => {
    cluster.becomesReady = () => true;
    const create = cluster.transport.create.bind(cluster.transport);
    let refusing = true;
    cluster.transport.create = (async (...call: Parameters<typeof create>) => {
      if (refusing && call[0].plural === 'pods' && call[2]?.subresource === undefined)
        throw new Error('quota exceeded');
      return await create(...call);
    }) as typeof create;
    await create(REPLICA_SETS, { metadata: key, spec: { replicas: 2, selector, template: template() } });
    await eventually(async () => {
      const { status } = await cluster.transport.get(REPLICA_SETS, key);
      expect(status?.conditions).toMatchObject([
        { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'quota exceeded' },
      ]);
      const { items } = await cluster.transport.list(EVENTS, { namespace: 'default' });
      expect(items.map(({ reason, message }) => [reason, message])).toContainEqual([
        'FailedCreate',
        'Error creating: quota exceeded',
      ]);
    });
    refusing = false;
    await eventually(async () => {
      const { status } = await cluster.transport.get(REPLICA_SETS, key);
      expect(status).toMatchObject({ readyReplicas: 2 });
      expect(status?.conditions ?? []).toEqual([]);
    });
    expect(cluster.complaints.every((text) => text.includes('quota exceeded'))).toBe(true);
    cluster.complaints.length = 0;
  });
});

describe('a StatefulSet', () => {
  const set = (replicas: number, more: object = {}): StatefulSet => ({
    metadata: key,
    spec: { replicas, serviceName: 'web', selector, template: template(), ...more },
  });

  it('makes its pods in order, each when the one before is ready, with stable names', async () => {
    const allowed = new Set(['web-0']);
    cluster.becomesReady = ({ metadata }) => allowed.has(metadata!.name!);
    await cluster.transport.create(STATEFUL_SETS, set(3));
    await eventually(async () => expect((await pods())[0]?.status?.phase).toBe('Running'));
    await eventually(async () => expect(await names()).toEqual(['web-0', 'web-1']));
    expect((await pods())[1]).toMatchObject({
      metadata: { labels: { 'statefulset.kubernetes.io/pod-name': 'web-1', 'apps.kubernetes.io/pod-index': '1' } },
      spec: { hostname: 'web-1', subdomain: 'web' },
    });
    await eventually(async () => expect((await pods())[1]?.status?.phase).toBe('Running'));
    expect(await names()).toEqual(['web-0', 'web-1']);
    allowed.add('web-2');
    await cluster.setReady('web-1', true);
    await eventually(async () =>
      expect((await cluster.transport.get(STATEFUL_SETS, key)).status).toMatchObject({
        replicas: 3,
        readyReplicas: 3,
        availableReplicas: 3,
        currentReplicas: 3,
        updatedReplicas: 3,
      }),
    );
  });

  it('removes the highest ordinal first, and brings a deleted pod back under its name', async () => {
    await cluster.transport.create(STATEFUL_SETS, set(3));
    await eventually(async () =>
      expect((await cluster.transport.get(STATEFUL_SETS, key)).status?.readyReplicas).toBe(3),
    );
    const before = (await pods())[1]?.metadata?.uid;
    await cluster.transport.delete(PODS, { namespace: 'default', name: 'web-1' });
    await eventually(async () => {
      expect(await names()).toEqual(['web-0', 'web-1', 'web-2']);
      expect((await pods())[1]?.metadata?.uid).not.toBe(before);
      expect((await cluster.transport.get(STATEFUL_SETS, key)).status?.readyReplicas).toBe(3);
    });
    cluster.letsGo = false;
    await cluster.transport.patch(STATEFUL_SETS, key, 'merge', { spec: { replicas: 1 } });
    await eventually(async () => {
      const going = (await pods()).filter(({ metadata }) => metadata?.deletionTimestamp !== undefined);
      expect(going.map(({ metadata }) => metadata?.name)).toEqual(['web-2']);
    });
  });

  it('updates from the highest ordinal down to the partition', async () => {
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 1 } };
    await cluster.transport.create(STATEFUL_SETS, set(3, { updateStrategy }));
    const ready = (): Promise<void> =>
      eventually(async () => {
        const { status, metadata } = await cluster.transport.get(STATEFUL_SETS, key);
        expect(status).toMatchObject({ readyReplicas: 3, observedGeneration: metadata?.generation });
      });
    await ready();
    const patch = { spec: { template: { spec: { containers: [{ name: 'web', image: 'nginx:2' }] } } } };
    await cluster.transport.patch(STATEFUL_SETS, key, 'strategic', patch);
    await eventually(async () =>
      expect((await pods()).map(({ spec }) => spec?.containers[0]?.image)).toEqual(['nginx:1', 'nginx:2', 'nginx:2']),
    );
    await ready();
    const { status } = await cluster.transport.get(STATEFUL_SETS, key);
    expect(status?.currentRevision).not.toBe(status?.updateRevision);
    const all = { spec: { updateStrategy: { rollingUpdate: { partition: 0 } } } };
    await cluster.transport.patch(STATEFUL_SETS, key, 'merge', all);
    await eventually(async () => {
      const { status: now } = await cluster.transport.get(STATEFUL_SETS, key);
      expect(now).toMatchObject({ updatedReplicas: 3, readyReplicas: 3, currentRevision: now?.updateRevision });
    });
  });
});

describe('a DaemonSet', () => {
  const set = (more: object = {}, spec: object = {}): DaemonSet => ({
    metadata: key,
    spec: { selector, template: template('nginx:1', spec), ...more },
  });
  const placed = async (): Promise<(string | undefined)[]> => (await pods()).map(({ spec }) => spec?.nodeName).sort();

  it('runs one pod on each node that takes it, and follows nodes that come, change and go', async () => {
    await cluster.transport.create(DAEMON_SETS, set());
    await eventually(async () => expect(await placed()).toEqual(['node-1', 'node-2']));
    const created = await cluster.transport.create(NODES, node('node-3'));
    await cluster.transport.update(NODES, { ...created, status: node('node-3').status! }, { subresource: 'status' });
    await eventually(async () => expect(await placed()).toEqual(['node-1', 'node-2', 'node-3']));
    await eventually(async () =>
      expect((await cluster.transport.get(DAEMON_SETS, key)).status).toMatchObject({
        desiredNumberScheduled: 3,
        currentNumberScheduled: 3,
        numberReady: 3,
        numberAvailable: 3,
        updatedNumberScheduled: 3,
        numberMisscheduled: 0,
      }),
    );
    await cluster.transport.delete(NODES, { name: 'node-3' });
    await eventually(async () => expect(await placed()).toEqual(['node-1', 'node-2']));
  });

  it('runs on the control plane when it tolerates its taint, and on a cordoned node', async () => {
    await cluster.transport.patch(NODES, { name: 'node-1' }, 'merge', { spec: { unschedulable: true } });
    await cluster.transport.create(
      DAEMON_SETS,
      set({}, { tolerations: [{ operator: 'Exists', effect: 'NoSchedule' }] }),
    );
    await eventually(async () => expect(await placed()).toEqual(['control-plane', 'node-1', 'node-2']));
  });

  it('replaces its pods one at a time', async () => {
    await cluster.transport.create(DAEMON_SETS, set());
    await eventually(async () =>
      expect((await cluster.transport.get(DAEMON_SETS, key)).status?.numberAvailable).toBe(2),
    );
    cluster.letsGo = false;
    const patch = { spec: { template: { spec: { containers: [{ name: 'web', image: 'nginx:2' }] } } } };
    await cluster.transport.patch(DAEMON_SETS, key, 'strategic', patch);
    const going = async (): Promise<Pod[]> =>
      (await pods()).filter(({ metadata }) => metadata?.deletionTimestamp !== undefined);
    await eventually(async () => expect(await going()).toHaveLength(1));
    const [first] = await going();
    cluster.letsGo = true;
    await cluster.transport.delete(
      PODS,
      { namespace: 'default', name: first!.metadata!.name! },
      { gracePeriodSeconds: 0 },
    );
    await eventually(async () => {
      expect((await pods()).map(({ spec }) => spec?.containers[0]?.image)).toEqual(['nginx:2', 'nginx:2']);
      expect((await cluster.transport.get(DAEMON_SETS, key)).status?.numberAvailable).toBe(2);
    });
  });
});
