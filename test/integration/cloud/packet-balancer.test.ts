/** Where HAProxy is not installed, the kernel balances TCP too: the load balancer on a fabric of its own, with two members. */
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BalancedService } from '../../../src/cloud/balanced-service.ts';
import { LoadBalancer } from '../../../src/cloud/load-balancer.ts';
import { type FabricHost, planFabric } from '../../../src/cni/fabric.ts';
import { eventually, scratch } from '../scratch.ts';
import { askOnce, lostOf, underLoad } from './load.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const WEB = (members: readonly { node: string; address: string }[]): BalancedService => ({
  key: 'default/web',
  address: '203.0.113.1',
  ports: [{ name: '', protocol: 'TCP', port: 80, nodePort: 30080 }],
  members,
  isSticky: false,
});

const { kernel, create } = scratch();
let client: string;
let balancer: LoadBalancer;
const members: { node: string; address: string; netns: string; servers: Server[] }[] = [];
const place = ({ node, address }: (typeof members)[number]) => ({ node, address });

async function serve(netns: string, port: number, answer: string): Promise<Server> {
  const server = createServer((_, response) => response.end(answer));
  await kernel.sockets.listen(netns, server, { host: '0.0.0.0', port });
  return server;
}

beforeAll(async () => {
  const names = ['fabric', 'gateway', 'cloud', 'client', 'node-1', 'node-2'];
  const [fabric, gateway, cloud, clientNs, ...nodes] = (await create(names)) as [string, string, string, string];
  client = clientNs;
  const host = (name: string, netns: string, address: string, role: FabricHost['role']) => ({
    name,
    netns,
    addresses: [address],
    role,
  });
  const addresses = ['192.168.1.11', '192.168.1.12'];
  const plan = planFabric({
    netns: fabric,
    subnets: ['192.168.1.0/24'],
    mtu: 1500,
    gateways: ['192.168.1.1'],
    hosts: [
      host('gateway', gateway, '192.168.1.1', 'gateway'),
      host('cloud', cloud, '192.168.1.2', 'host'),
      host('client', clientNs, '192.168.1.100', 'host'),
      ...(nodes as string[]).map((netns, index) => host(`node-${index + 1}`, netns, addresses[index]!, 'host')),
    ],
  });
  for (const { netns, batches } of [plan.wiring, ...plan.hosts]) await kernel.run(netns, batches);
  for (const [index, netns] of (nodes as string[]).entries()) {
    const node = `node-${index + 1}`;
    const servers = [await serve(netns, 30080, node), await serve(netns, 10256, 'healthy')];
    members.push({ node, address: addresses[index]!, netns, servers });
  }
  balancer = new LoadBalancer({
    kernel,
    netns: cloud,
    address: '192.168.1.2',
    gateway,
    blocks: ['203.0.113.0/24'],
    log: quiet,
  });
});

afterAll(async () => {
  await balancer.stop();
  for (const server of members.flatMap(({ servers }) => servers)) {
    server.close();
    server.closeAllConnections();
  }
});

const ask = () => askOnce(client, 'http://203.0.113.1/');
const answered = (answers: readonly { body: string }[]) => [...new Set(answers.map(({ body }) => body))].sort();

it('spreads connections over the members', async () => {
  await balancer.balance([WEB(members.map(place))]);
  const answers = await underLoad(
    client,
    'http://203.0.113.1/',
    () => new Promise((resolve) => setTimeout(resolve, 200)),
  );
  expect(lostOf(answers)).toEqual([]);
  expect(answered(answers)).toEqual(['node-1', 'node-2']);
});

it('takes out a member whose kube-proxy does not answer, and tries all when none does', async () => {
  const close = (server: Server) => {
    server.close();
    server.closeAllConnections();
  };
  close(members[0]!.servers[1]!);
  await eventually(async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, ask));
    return answered(answers).join() === 'node-2';
  });
  close(members[1]!.servers[1]!);
  await eventually(async () => answered(await Promise.all(Array.from({ length: 12 }, ask))).length === 2);
});

it('gives its address back with the Service', async () => {
  await balancer.balance([]);
  expect((await ask()).error).toMatch(/EHOSTUNREACH|ENETUNREACH/);
});
