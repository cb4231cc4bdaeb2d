import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createApiCore } from '../../src/api/create-api-core.ts';
import { InProcessTransport } from '../../src/api/in-process-transport.ts';
import type { BalancedService } from '../../src/cloud/balanced-service.ts';
import { ServiceController } from '../../src/cloud/service-controller.ts';
import { EVENTS, NAMESPACES, NODES, SERVICES } from '../../src/objects/resource.ts';
import type { Service, ServiceSpec } from '../../src/objects/wire.ts';

const FINALIZER = 'service.kubernetes.io/load-balancer-cleanup';
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

let transport: InProcessTransport;
let controller: ServiceController;
let served: readonly BalancedService[];
let failure: Error | undefined;

function start(blocks = ['203.0.113.0/29']): Promise<void> {
  const balance = async (services: readonly BalancedService[]) => {
    if (failure !== undefined) throw failure;
    served = services;
  };
  controller = new ServiceController({ transport, blocks, balance, log: quiet });
  return controller.start();
}

async function addNode(name: string, address: string): Promise<void> {
  const node = await transport.create(NODES, { metadata: { name } });
  const status = { addresses: [{ type: 'InternalIP', address }] };
  await transport.update(NODES, { ...node, status }, { subresource: 'status' });
}

const create = (name: string, spec: ServiceSpec = {}, annotations?: Record<string, string>): Promise<Service> =>
  transport.create(SERVICES, {
    metadata: { name, namespace: 'default', ...(annotations === undefined ? {} : { annotations }) },
    spec: { type: 'LoadBalancer', selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
  });
const get = (name: string): Promise<Service> => transport.get(SERVICES, { namespace: 'default', name });
const patch = (name: string, spec: ServiceSpec): Promise<Service> =>
  transport.patch(SERVICES, { namespace: 'default', name }, 'merge', { spec });
const ingressOf = async (name: string) => (await get(name)).status?.loadBalancer?.ingress;
const addressed = (name: string, ip: string, ipMode = 'VIP') =>
  vi.waitFor(async () => expect(await ingressOf(name)).toEqual([{ ip, ipMode }]));

/** `reason: message` of the Events about a Service, in their order. */
async function events(name: string): Promise<string[]> {
  const { items } = await transport.list(EVENTS, { namespace: 'default' });
  return items
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ reason, message }) => `${reason}: ${message}`);
}
const told = (name: string, expected: readonly string[]) =>
  vi.waitFor(async () => expect(await events(name)).toEqual(expected));

beforeEach(async () => {
  served = [];
  failure = undefined;
  const core = createApiCore({ serviceCIDRs: ['10.96.0.0/12'], certificateAuthority: 'PEM' }, { freeze: true });
  transport = new InProcessTransport(core);
  await transport.create(NAMESPACES, { metadata: { name: 'default' } });
  await addNode('node-1', '192.168.1.11');
  await addNode('node-2', '192.168.1.12');
});

afterEach(() => controller.stop());

describe('a Service of type LoadBalancer', () => {
  it('gets an address, a finalizer and Events in Kubernetes’ words', async () => {
    await start();
    await create('web');
    await addressed('web', '203.0.113.1');
    expect((await get('web')).metadata?.finalizers).toEqual([FINALIZER]);
    expect(served).toMatchObject([{ key: 'default/web', address: '203.0.113.1' }]);
    expect(served[0]!.members.map(({ node }) => node)).toEqual(['node-1', 'node-2']);
    await told('web', ['EnsuringLoadBalancer: Ensuring load balancer', 'EnsuredLoadBalancer: Ensured load balancer']);
  });

  it('gets the address it asks for, and ipMode Proxy by annotation', async () => {
    await start();
    await create('web', { loadBalancerIP: '203.0.113.5' }, { 'podwire.dev/load-balancer-ip-mode': 'Proxy' });
    await addressed('web', '203.0.113.5', 'Proxy');
  });

  it('keeps its status and gets an Event when the address is taken or not ours', async () => {
    await start();
    await create('web');
    await addressed('web', '203.0.113.1');
    await create('late', { loadBalancerIP: '203.0.113.1' });
    await create('far', { loadBalancerIP: '8.8.8.8' });
    const failed =
      'SyncLoadBalancerFailed: Error syncing load balancer: failed to ensure load balancer: the requested address';
    await told('late', [
      'EnsuringLoadBalancer: Ensuring load balancer',
      `${failed} 203.0.113.1 is in use by default/web`,
    ]);
    await told('far', [
      'EnsuringLoadBalancer: Ensuring load balancer',
      `${failed} 8.8.8.8 is not among the addresses 203.0.113.0/29`,
    ]);
    expect([await ingressOf('late'), await ingressOf('far')]).toEqual([undefined, undefined]);
    // The address is released on delete, and goes to who waits for it.
    await transport.delete(SERVICES, { namespace: 'default', name: 'web' });
    await addressed('late', '203.0.113.1');
    expect(served.map(({ key }) => key)).toEqual(['default/late']);
  });

  it('is none of ours with another class', async () => {
    await start();
    await create('other', { loadBalancerClass: 'example.com/other' });
    await create('ours', { loadBalancerClass: 'podwire.dev/cloud' });
    await addressed('ours', '203.0.113.1');
    await controller.drained();
    expect(served.map(({ key }) => key)).toEqual(['default/ours']);
    expect(await events('other')).toEqual([]);
  });

  it('is not served without node ports, and says so', async () => {
    await start();
    await create('bare', { allocateLoadBalancerNodePorts: false });
    await vi.waitFor(async () => expect((await events('bare')).at(-1)).toContain('port 80/TCP has no node port'));
    expect(served).toEqual([]);
  });

  it('goes when it is deleted, finalizer and all', async () => {
    await start();
    await create('web');
    await addressed('web', '203.0.113.1');
    await transport.delete(SERVICES, { namespace: 'default', name: 'web' });
    await vi.waitFor(() => expect(get('web')).rejects.toThrow('not found'));
    expect(served).toEqual([]);
    expect((await events('web')).slice(2)).toEqual([
      'DeletingLoadBalancer: Deleting load balancer',
      'DeletedLoadBalancer: Deleted load balancer',
    ]);
  });

  it('gives its address back when it changes its type, and may come again', async () => {
    await start();
    await create('web');
    await addressed('web', '203.0.113.1');
    await patch('web', { type: 'ClusterIP' });
    await vi.waitFor(async () => expect((await get('web')).metadata?.finalizers).toBeUndefined());
    expect((await get('web')).status?.loadBalancer).toEqual({});
    await create('next');
    await addressed('next', '203.0.113.1');
    await patch('web', { type: 'LoadBalancer' });
    await addressed('web', '203.0.113.2');
    expect(await events('web')).toContain('Type: ClusterIP -> LoadBalancer');
    expect(await events('web')).toContain('Type: LoadBalancer -> ClusterIP');
  });

  it('moves to another address when it asks for one', async () => {
    await start();
    await create('web');
    await addressed('web', '203.0.113.1');
    await patch('web', { loadBalancerIP: '203.0.113.6' });
    await addressed('web', '203.0.113.6');
    expect(await events('web')).toContain('LoadbalancerIP:  -> 203.0.113.6');
    await create('next');
    await addressed('next', '203.0.113.1');
  });

  it('tries again when the load balancer could not be changed', async () => {
    await start();
    failure = new Error('out of order');
    await create('web');
    const words = 'SyncLoadBalancerFailed: Error syncing load balancer: failed to ensure load balancer: out of order';
    await vi.waitFor(async () => expect(await events('web')).toContain(words));
    failure = undefined;
    await addressed('web', '203.0.113.1');
  });
});

describe('while the load balancer cannot be changed', () => {
  const outOfOrder = new Error('out of order');

  it('a Service that is deleted stays, and so does its address', async () => {
    await start();
    await create('web');
    await addressed('web', '203.0.113.1');
    failure = outOfOrder;
    await transport.delete(SERVICES, { namespace: 'default', name: 'web' });
    const words = 'SyncLoadBalancerFailed: Error syncing load balancer: failed to delete load balancer: out of order';
    await vi.waitFor(async () => expect((await events('web')).filter((text) => text === words)).toHaveLength(1));
    // It is tried again, and that fails, too.
    await vi.waitFor(async () => {
      const { items } = await transport.list(EVENTS, { namespace: 'default' });
      expect(items.find(({ message }) => message?.includes('failed to delete'))?.count).toBeGreaterThan(1);
    });
    expect((await get('web')).metadata?.finalizers).toEqual([FINALIZER]);
    failure = undefined;
    await vi.waitFor(() => expect(get('web')).rejects.toThrow('not found'));
    expect(served).toEqual([]);
    await create('next');
    await addressed('next', '203.0.113.1');
  });

  it('a Service that moves has both addresses, and then the new one alone', async () => {
    await start();
    await create('web');
    await addressed('web', '203.0.113.1');
    failure = outOfOrder;
    await patch('web', { loadBalancerIP: '203.0.113.6' });
    await vi.waitFor(async () => expect((await events('web')).join()).toContain('out of order'));
    await create('next');
    failure = undefined;
    await addressed('web', '203.0.113.6');
    await addressed('next', '203.0.113.2');
    await create('last');
    await addressed('last', '203.0.113.1');
  });

  it('nodes that come and go are remembered', async () => {
    await start();
    await create('web');
    await addressed('web', '203.0.113.1');
    failure = outOfOrder;
    await transport.delete(NODES, { name: 'node-2' });
    const words = 'Error updating load balancer with new hosts [node-1]: out of order';
    await vi.waitFor(async () => expect(await events('web')).toContain(`UpdateLoadBalancerFailed: ${words}`));
    failure = undefined;
    await vi.waitFor(() => expect(served[0]!.members.map(({ node }) => node)).toEqual(['node-1']));
  });
});

describe('members', () => {
  it('come and go with their label, with an Event', async () => {
    await start();
    await create('web');
    await addressed('web', '203.0.113.1');
    const label = (value: string | null) =>
      transport.patch(NODES, { name: 'node-2' }, 'merge', {
        metadata: { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': value } },
      });
    await label('');
    await vi.waitFor(() => expect(served[0]!.members.map(({ node }) => node)).toEqual(['node-1']));
    await vi.waitFor(async () =>
      expect(await events('web')).toContain('UpdatedLoadBalancer: Updated load balancer with new hosts'),
    );
    await label(null);
    await vi.waitFor(() => expect(served[0]!.members).toHaveLength(2));
  });

  it('are missed by a Warning', async () => {
    for (const name of ['node-1', 'node-2']) await transport.delete(NODES, { name });
    await start();
    await create('web');
    await addressed('web', '203.0.113.1');
    expect(await events('web')).toContain('UnAvailableLoadBalancer: There are no available nodes for LoadBalancer');
  });
});

it('goes on after a crash with the addresses it had given, whatever came meanwhile', async () => {
  await start();
  for (const name of ['a', 'b', 'c']) await create(name);
  await addressed('c', (await vi.waitFor(async () => (await ingressOf('c'))![0]!.ip!))!);
  await vi.waitFor(async () => expect(await ingressOf('b')).toBeDefined());
  const before = await Promise.all(['a', 'b', 'c'].map(ingressOf));
  await controller.stop();
  await transport.delete(SERVICES, { namespace: 'default', name: 'b' });
  await create('d');
  await start();
  expect(await ingressOf('a')).toEqual(before[0]);
  expect(await ingressOf('c')).toEqual(before[2]);
  await vi.waitFor(() => expect(get('b')).rejects.toThrow('not found'));
  await vi.waitFor(async () => expect(await ingressOf('d')).toBeDefined());
  const addresses = served.map(({ address }) => address);
  expect(new Set(addresses).size).toBe(3);
});

it('ends what was served before it, when the last Service went meanwhile', async () => {
  let handed: readonly BalancedService[] | undefined;
  const balance = async (services: readonly BalancedService[]) => {
    handed = services;
  };
  const options = { transport, blocks: ['203.0.113.0/24'], balance, log: quiet };
  controller = new ServiceController(options);
  await controller.start();
  expect(handed).toBeUndefined();
  await controller.stop();
  controller = new ServiceController({ ...options, takesOver: true });
  await controller.start();
  expect(handed).toEqual([]);
});

it('gives a burst of Services an address each, in few changes', async () => {
  let changes = 0;
  controller = new ServiceController({
    transport,
    blocks: ['203.0.113.0/24'],
    balance: async (services) => {
      changes += 1;
      served = services;
    },
    log: quiet,
  });
  await controller.start();
  await Promise.all(Array.from({ length: 40 }, (_, index) => create(`s${index}`)));
  await vi.waitFor(() => expect(served).toHaveLength(40));
  expect(new Set(served.map(({ address }) => address)).size).toBe(40);
  expect(changes).toBeLessThan(40);
});
