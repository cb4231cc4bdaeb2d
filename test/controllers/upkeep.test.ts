import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  CONFIG_MAPS,
  ENDPOINT_SLICES,
  ENDPOINTS,
  EVENTS,
  LEASES,
  NAMESPACES,
  NODES,
  PODS,
  SERVICE_ACCOUNTS,
  SERVICES,
} from '../../src/objects/resource.ts';
import type { EndpointSlice, Pod } from '../../src/objects/wire.ts';
import { type Cluster, type ClusterOptions, startCluster } from './cluster.ts';

let cluster: Cluster;

afterEach(async () => {
  await cluster.stop();
  expect(cluster.complaints).toEqual([]);
});

const eventually = <R>(check: () => Promise<R>): Promise<R> => vi.waitFor(check, { timeout: 5_000, interval: 5 });
const start = async (options: ClusterOptions = {}): Promise<void> => {
  cluster = await startCluster(options);
};

const pod = (name: string, spec: object = {}, namespace = 'default'): Pod => ({
  metadata: { name, namespace, labels: { app: name } },
  spec: { containers: [{ name: 'main', image: 'nginx' }], ...spec },
});

async function slicesOf(service: string): Promise<EndpointSlice[]> {
  const labelSelector = `kubernetes.io/service-name=${service}`;
  return (await cluster.transport.list(ENDPOINT_SLICES, { namespace: 'default', labelSelector })).items;
}

describe('a Service without selector', () => {
  const mysql = { metadata: { name: 'mysql-svc', namespace: 'default' } };

  it('has its Endpoints mirrored, follows their changes, and loses the mirror with them', async () => {
    await start();
    await cluster.transport.create(SERVICES, { ...mysql, spec: { ports: [{ port: 3306 }] } });
    const subsets = [{ addresses: [{ ip: '192.168.1.23' }], ports: [{ port: 3306 }] }];
    await cluster.transport.create(ENDPOINTS, { ...mysql, subsets });
    await eventually(async () =>
      expect(await slicesOf('mysql-svc')).toMatchObject([
        {
          metadata: {
            labels: { 'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io' },
            ownerReferences: [{ kind: 'Endpoints', name: 'mysql-svc' }],
          },
          addressType: 'IPv4',
          ports: [{ name: '', port: 3306, protocol: 'TCP' }],
          endpoints: [{ addresses: ['192.168.1.23'], conditions: { ready: true } }],
        },
      ]),
    );
    const [first] = await slicesOf('mysql-svc');
    const moved = { subsets: [{ addresses: [{ ip: '192.168.1.24' }], ports: [{ port: 3306 }] }] };
    await cluster.transport.patch(ENDPOINTS, mysql.metadata, 'merge', moved);
    await eventually(async () => {
      const [slice, ...others] = await slicesOf('mysql-svc');
      expect([slice?.metadata?.uid, slice?.endpoints?.[0]?.addresses, others]).toEqual([
        first?.metadata?.uid,
        ['192.168.1.24'],
        [],
      ]);
    });
    await cluster.transport.delete(SERVICES, mysql.metadata);
    await eventually(async () => {
      expect(await slicesOf('mysql-svc')).toEqual([]);
      expect((await cluster.transport.list(ENDPOINTS, { namespace: 'default' })).items).toEqual([]);
    });
  });
});

describe('EndpointSlices', () => {
  it('are filled to their capacity, and there is an empty one for a Service without pods', async () => {
    await start({ endpointsPerSlice: 3 });
    const spec = { selector: { tier: 'web' }, ports: [{ port: 80 }] };
    await cluster.transport.create(SERVICES, { metadata: { name: 'web', namespace: 'default' }, spec });
    await eventually(async () => expect(await slicesOf('web')).toMatchObject([{ endpoints: [], ports: [] }]));
    for (let i = 0; i < 7; i += 1) {
      const made = pod(`web-${i}`);
      await cluster.transport.create(PODS, { ...made, metadata: { ...made.metadata, labels: { tier: 'web' } } });
    }
    await eventually(async () => {
      const sizes = (await slicesOf('web')).map(({ endpoints }) => endpoints?.length ?? 0);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(3);
      expect(sizes.reduce((a, b) => a + b, 0)).toBe(7);
    });
    const all = (await slicesOf('web'))
      .flatMap(({ endpoints }) => endpoints ?? [])
      .flatMap(({ addresses }) => addresses);
    expect(new Set(all).size).toBe(7);
  });
});

describe('the scheduler', () => {
  it('says why a pod fits nowhere, and places it when that changes', async () => {
    await start();
    await cluster.transport.create(PODS, pod('picky', { nodeSelector: { disk: 'ssd' } }));
    const message =
      "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 node(s) didn't match Pod's node affinity/selector. " +
      'no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.';
    await eventually(async () => {
      const { items } = await cluster.transport.list(EVENTS, { namespace: 'default' });
      expect(items).toMatchObject([{ type: 'Warning', reason: 'FailedScheduling', message }]);
      const { status } = await cluster.transport.get(PODS, { namespace: 'default', name: 'picky' });
      expect(status?.conditions).toMatchObject([
        { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message },
      ]);
    });
    await cluster.transport.patch(NODES, { name: 'node-2' }, 'merge', { metadata: { labels: { disk: 'ssd' } } });
    await eventually(async () => {
      const { spec } = await cluster.transport.get(PODS, { namespace: 'default', name: 'picky' });
      expect(spec?.nodeName).toBe('node-2');
    });
  });

  it('takes no condition away that somebody else has written meanwhile', async () => {
    await start();
    const { transport } = cluster;
    const key = { namespace: 'default', name: 'nowhere' };
    const write = transport.patch.bind(transport);
    const mine = { type: 'example.com/checked', status: 'True' };
    vi.spyOn(transport, 'patch').mockImplementationOnce(async (...args) => {
      await write(PODS, key, 'strategic', { status: { conditions: [mine] } }, { subresource: 'status' });
      return await write(...args);
    });
    await transport.create(PODS, pod('nowhere', { nodeSelector: { no: 'such' } }));
    await eventually(async () =>
      expect((await transport.get(PODS, key)).status?.conditions?.map(({ type }) => type)).toContain('PodScheduled'),
    );
    expect((await transport.get(PODS, key)).status?.conditions).toContainEqual(expect.objectContaining(mine));
  });

  it('binds a thousand pods evenly and quickly', async () => {
    await start();
    await Promise.all(Array.from({ length: 1000 }, (_, i) => cluster.transport.create(PODS, pod(`p-${i}`))));
    const at = performance.now();
    await vi.waitFor(
      async () => {
        const { items } = await cluster.transport.list(PODS);
        expect(items.filter(({ spec }) => spec?.nodeName === 'node-1')).toHaveLength(500);
        expect(items.filter(({ spec }) => spec?.nodeName === 'node-2')).toHaveLength(500);
      },
      { timeout: 20_000 },
    );
    expect(performance.now() - at).toBeLessThan(10_000);
  }, 30_000);
});

describe('a namespace', () => {
  it('takes its content along when it is deleted, and waits for pods that end gracefully', async () => {
    await start();
    cluster.letsGo = false;
    await cluster.transport.create(NAMESPACES, { metadata: { name: 'shop' } });
    await cluster.transport.create(PODS, pod('web', {}, 'shop'));
    await cluster.transport.create(CONFIG_MAPS, {
      metadata: { name: 'settings', namespace: 'shop' },
      data: { a: 'b' },
    });
    await eventually(async () =>
      expect((await cluster.transport.get(PODS, { namespace: 'shop', name: 'web' })).spec?.nodeName).toBeDefined(),
    );
    await cluster.transport.delete(NAMESPACES, { name: 'shop' });
    await eventually(async () => {
      expect((await cluster.transport.list(CONFIG_MAPS, { namespace: 'shop' })).items).toEqual([]);
      const { metadata } = await cluster.transport.get(PODS, { namespace: 'shop', name: 'web' });
      expect(metadata?.deletionTimestamp).toBeDefined();
    });
    expect((await cluster.transport.get(NAMESPACES, { name: 'shop' })).status?.phase).toBe('Terminating');
    await cluster.transport.delete(PODS, { namespace: 'shop', name: 'web' }, { gracePeriodSeconds: 0 });
    await eventually(async () => {
      const { items } = await cluster.transport.list(NAMESPACES);
      expect(items.map(({ metadata }) => metadata?.name)).not.toContain('shop');
    });
  });

  it('gets its ServiceAccount and CA back', async () => {
    await start();
    const ca = { namespace: 'default', name: 'kube-root-ca.crt' };
    await cluster.transport.delete(SERVICE_ACCOUNTS, { namespace: 'default', name: 'default' });
    await cluster.transport.delete(CONFIG_MAPS, ca);
    await eventually(async () => {
      await cluster.transport.get(SERVICE_ACCOUNTS, { namespace: 'default', name: 'default' });
      expect((await cluster.transport.get(CONFIG_MAPS, ca)).data).toEqual({ 'ca.crt': 'PEM' });
    });
  });
});

describe('the garbage collector', () => {
  it('looks for an owner in the object’s own namespace only, and leaves what has none alone', async () => {
    await start();
    const { transport } = cluster;
    const owner = await transport.create(CONFIG_MAPS, { metadata: { name: 'owner', namespace: 'default' } });
    const { uid = '' } = owner.metadata ?? {};
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }];
    const dependent = (namespace: string) => ({ metadata: { name: 'dependent', namespace, ownerReferences } });
    await transport.create(NODES, { metadata: { name: 'of-no-namespace', ownerReferences } });
    await transport.create(CONFIG_MAPS, dependent('kube-system'));
    await eventually(() =>
      expect(transport.get(CONFIG_MAPS, { namespace: 'kube-system', name: 'dependent' })).rejects.toThrow('not found'),
    );
    await transport.create(CONFIG_MAPS, dependent('default'));
    await transport.create(CONFIG_MAPS, dependent('kube-node-lease'));
    await eventually(() =>
      expect(transport.get(CONFIG_MAPS, { namespace: 'kube-node-lease', name: 'dependent' })).rejects.toThrow(
        'not found',
      ),
    );
    await transport.get(CONFIG_MAPS, { namespace: 'default', name: 'dependent' });
    await transport.get(NODES, { name: 'of-no-namespace' });
  });
});

describe('a node', () => {
  it('that falls silent is marked and tainted, its pods leave the endpoints, and all is well when it speaks', async () => {
    let now = Date.now();
    await start({ now: () => now, nodeLifecycle: { gracePeriodMs: 50_000, monitorPeriodMs: 5, monotonic: () => now } });
    const spec = { selector: { app: 'web' }, ports: [{ port: 80 }] };
    await cluster.transport.create(SERVICES, { metadata: { name: 'web', namespace: 'default' }, spec });
    await cluster.transport.create(PODS, pod('web', { nodeSelector: { 'kubernetes.io/hostname': 'node-1' } }));
    const ready = async (): Promise<(boolean | undefined)[]> =>
      (await slicesOf('web')).flatMap(({ endpoints }) => endpoints ?? []).map(({ conditions }) => conditions?.ready);
    await eventually(async () => expect(await ready()).toEqual([true]));

    now += 60_000;
    // The others are alive.
    for (const name of ['control-plane', 'node-2']) {
      const renewTime = new Date(now).toISOString().replace('Z', '000Z');
      await cluster.transport.create(LEASES, { metadata: { name, namespace: 'kube-node-lease' }, spec: { renewTime } });
    }
    await eventually(async () => {
      const { status, spec: node } = await cluster.transport.get(NODES, { name: 'node-1' });
      expect(status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
        status: 'Unknown',
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
      });
      expect(node?.taints).toMatchObject([
        { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' },
        { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' },
      ]);
      expect(await ready()).toEqual([false]);
    });
    for (const name of ['control-plane', 'node-2']) {
      const { status } = await cluster.transport.get(NODES, { name });
      expect(status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
    }

    const { status } = await cluster.transport.get(NODES, { name: 'node-1' });
    const conditions = status?.conditions?.map((each) =>
      each.type === 'Ready' ? { ...each, status: 'True', lastHeartbeatTime: new Date(now).toISOString() } : each,
    );
    await cluster.transport.patch(
      NODES,
      { name: 'node-1' },
      'merge',
      { status: { conditions } },
      { subresource: 'status' },
    );
    await eventually(async () =>
      expect((await cluster.transport.get(NODES, { name: 'node-1' })).spec?.taints ?? []).toEqual([]),
    );
  });

  it('that stays silent loses its pods after five minutes', async () => {
    let now = Date.now();
    await start({ now: () => now, nodeLifecycle: { gracePeriodMs: 50_000, monitorPeriodMs: 5, monotonic: () => now } });
    await cluster.transport.create(PODS, pod('web', { nodeSelector: { 'kubernetes.io/hostname': 'node-1' } }));
    await eventually(async () =>
      expect((await cluster.transport.get(PODS, { namespace: 'default', name: 'web' })).status?.podIP).toBeDefined(),
    );
    const renew = async (): Promise<void> => {
      for (const name of ['control-plane', 'node-2']) {
        const renewTime = new Date(now).toISOString().replace('Z', '000Z');
        const metadata = { name, namespace: 'kube-node-lease' };
        const { items } = await cluster.transport.list(LEASES);
        const present = items.find((lease) => lease.metadata?.name === name);
        if (present === undefined) await cluster.transport.create(LEASES, { metadata, spec: { renewTime } });
        else await cluster.transport.patch(LEASES, metadata, 'merge', { spec: { renewTime } });
      }
    };
    cluster.letsGo = false;
    now += 60_000;
    await renew();
    await eventually(async () =>
      expect((await cluster.transport.get(NODES, { name: 'node-1' })).spec?.taints).toHaveLength(2),
    );
    now += 200_000;
    await renew();
    expect(
      (await cluster.transport.get(PODS, { namespace: 'default', name: 'web' })).metadata?.deletionTimestamp,
    ).toBeUndefined();
    now += 110_000;
    await renew();
    await eventually(async () =>
      expect(
        (await cluster.transport.get(PODS, { namespace: 'default', name: 'web' })).metadata?.deletionTimestamp,
      ).toBeDefined(),
    );
  });

  it('that is removed takes its pods along', async () => {
    await start({ podGc: { quarantineMs: 1 } });
    cluster.letsGo = false;
    await cluster.transport.create(PODS, pod('web', { nodeSelector: { 'kubernetes.io/hostname': 'node-1' } }));
    await eventually(async () =>
      expect((await cluster.transport.get(PODS, { namespace: 'default', name: 'web' })).spec?.nodeName).toBe('node-1'),
    );
    await cluster.transport.delete(NODES, { name: 'node-1' });
    await eventually(async () => expect((await cluster.transport.list(PODS)).items).toEqual([]));
  });
});

describe('the kubernetes Service', () => {
  const key = { namespace: 'default', name: 'kubernetes' };

  it('is published with its endpoints, and put right when changed', async () => {
    await start({ kubernetesService: { clusterIP: '10.96.0.1', addresses: ['192.168.1.10'], port: 6443 } });
    expect((await cluster.transport.get(SERVICES, key)).spec).toMatchObject({
      clusterIP: '10.96.0.1',
      ports: [{ name: 'https', port: 443, targetPort: 6443 }],
    });
    const ready = async (): Promise<unknown> =>
      (await slicesOf('kubernetes')).map(({ endpoints, ports }) => [endpoints?.[0]?.addresses, ports?.[0]?.port]);
    expect(await ready()).toEqual([[['192.168.1.10'], 6443]]);
    await cluster.transport.patch(ENDPOINT_SLICES, key, 'merge', { endpoints: [] });
    await cluster.transport.delete(ENDPOINTS, key);
    await eventually(async () => {
      expect(await ready()).toEqual([[['192.168.1.10'], 6443]]);
      expect((await cluster.transport.get(ENDPOINTS, key)).subsets?.[0]?.addresses).toEqual([{ ip: '192.168.1.10' }]);
    });
  });
});
