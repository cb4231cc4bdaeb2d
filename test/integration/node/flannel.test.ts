import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fabric, planFabric } from '../../../src/cni/fabric.ts';
import type { Batch, Netns } from '../../../src/kernel/kernel.ts';
import { KernelError } from '../../../src/kernel/kernel-error.ts';
import { LinuxKernel } from '../../../src/kernel/linux-kernel.ts';
import { podVethName } from '../../../src/net/interface-name.ts';
import { FlannelAgent } from '../../../src/node/flannel/flannel-agent.ts';
import { PodNetwork } from '../../../src/node/pod-network.ts';
import type { PodSandbox } from '../../../src/node/pod-network-seam.ts';
import { NODES } from '../../../src/objects/resource.ts';
import { MemoryTransport } from '../../support/memory-transport.ts';
import { eventually, scratch } from '../scratch.ts';

const { kernel, lab, create, track } = scratch();
const transport = new MemoryTransport();
const log = { info() {}, warn() {}, error() {} };
const NETWORK = '10.244.0.0/16';
const nodes = [1, 2].map((number) => ({
  name: `node-${number}`,
  netns: `${lab}.node-${number}`,
  addresses: [`192.168.1.1${number}`],
  podCidr: `10.244.${number}.0/24`,
  role: 'node' as const,
}));
const [one, two] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
const subnetEnvPath = join(tmpdir(), `${lab}-subnet.env`);

const agentOf = (node: typeof one) =>
  new FlannelAgent({
    node: node.name,
    netns: node.netns,
    kernel,
    transport,
    networks: [NETWORK],
    vxlan: { vni: 1, port: 8472 },
    underlay: { addresses: node.addresses, device: 'eth0', mtu: 1500 },
    ...(node === one ? { subnetEnvPath } : {}),
    log,
  });
const optionsOf = ({ netns, podCidr }: typeof one) => ({
  ...{ kernel, lab, netns, mtu: 1450 },
  blocks: [{ podCidr, network: NETWORK }],
});
const podNetworkOf = (node: typeof one) => new PodNetwork(optionsOf(node));
const pod = (name: string, uid = `uid-${name}`) => ({ namespace: 'default', name, uid });

const agents = nodes.map(agentOf);
const networks = nodes.map(podNetworkOf);
let sandboxes: PodSandbox[] = [];

const show = async (netns: string, ...argv: [string, ...string[]]) => (await kernel.read(netns, argv)).stdout;

/** Starts `tcpdump` in a namespace; gives a function that stops it and returns what it saw. */
async function capture(from: LinuxKernel, netns: string, filter: string): Promise<() => Promise<string>> {
  const child = from.spawn(netns, ['tcpdump', '-n', '-l', '-i', 'eth0', filter]);
  let output = '';
  let errors = '';
  child.stdout!.on('data', (chunk) => (output += chunk));
  child.stderr!.on('data', (chunk) => (errors += chunk));
  await eventually(() => errors.includes('listening on'));
  return async () => {
    await eventually(() => output.includes('reply'));
    child.kill('SIGINT');
    await child.exited;
    return output;
  };
}

beforeAll(async () => {
  await create(['fabric', 'node-1', 'node-2']);
  const fabric: Fabric = {
    netns: `${lab}.fabric`,
    subnets: ['192.168.1.0/24'],
    mtu: 1500,
    gateways: ['192.168.1.1'],
    hosts: nodes,
  };
  const plan = planFabric(fabric);
  for (const { netns, batches } of [plan.wiring, ...plan.hosts]) await kernel.run(netns, batches);
  for (const { name, podCidr } of nodes)
    await transport.create(NODES, { metadata: { name }, spec: { podCIDR: podCidr } });
  await Promise.all(agents.map((agent) => agent.start()));
  for (const [index, network] of networks.entries()) {
    const answer = (await network.attach([pod(`web-${index}`)])).get(`uid-web-${index}`);
    if (answer === undefined || answer instanceof Error) throw answer;
    track([answer.netns]);
    sandboxes = [...sandboxes, answer];
  }
  await eventually(async () => (await show(one.netns, 'ip', 'route')).includes('10.244.2.0/24'));
  await eventually(async () => (await show(two.netns, 'ip', 'route')).includes('10.244.1.0/24'));
});

afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  await rm(subnetEnvPath, { force: true });
});

describe('two nodes and two pods', () => {
  it('have exactly one route, one ARP and one FDB entry for the other node', async () => {
    const mac = JSON.parse(
      (await transport.get(NODES, { name: 'node-2' })).metadata!.annotations!['flannel.alpha.coreos.com/backend-data']!,
    ).VtepMAC;
    expect(await show(one.netns, 'ip', 'route', 'show', 'dev', 'flannel.1')).toBe(
      '10.244.2.0/24 via 10.244.2.0 onlink \n',
    );
    expect(await show(one.netns, 'ip', 'neighbour', 'show', 'dev', 'flannel.1')).toBe(
      `10.244.2.0 lladdr ${mac} PERMANENT \n`,
    );
    expect(await show(one.netns, 'bridge', 'fdb', 'show', 'dev', 'flannel.1')).toBe(
      `${mac} dst 192.168.1.12 self permanent\n`,
    );
    expect(await show(two.netns, 'ip', '-o', 'link', 'show', 'flannel.1')).toContain(`link/ether ${mac}`);
    expect(readFileSync(subnetEnvPath, 'utf8')).toContain('FLANNEL_SUBNET=10.244.1.1/24');
  });

  it('reach each other through VXLAN, and nothing is masqueraded between them', async () => {
    expect(sandboxes.map(({ ips }) => ips[0])).toEqual(['10.244.1.2', '10.244.2.2']);
    const stop = await capture(kernel, two.netns, 'udp port 8472');
    const ping = await kernel.read(sandboxes[0]!.netns, ['ping', '-c', '2', '-i', '0.01', '-W', '2', '10.244.2.2']);
    expect(ping).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('2 received') });
    const seen = await stop();
    expect(seen).toMatch(/IP 192\.168\.1\.11\.\d+ > 192\.168\.1\.12\.8472: OTV|VXLAN, flags .* vni 1/);
    expect(seen).toContain('IP 10.244.1.2 > 10.244.2.2: ICMP echo request');
    expect(seen).toContain('IP 10.244.2.2 > 10.244.1.2: ICMP echo reply');
  });

  it('reach the underlay under their node’s address', async () => {
    const stop = await capture(kernel, two.netns, 'icmp');
    const ping = await kernel.read(sandboxes[0]!.netns, ['ping', '-c', '1', '-W', '2', '192.168.1.12']);
    expect(ping.exitCode).toBe(0);
    expect(await stop()).toContain('IP 192.168.1.11 > 192.168.1.12: ICMP echo request');
  });

  it('have pods as a CNI plugin leaves them', async () => {
    const { netns } = sandboxes[0]!;
    expect(await show(netns, 'ip', 'route')).toBe(
      [
        'default via 10.244.1.1 dev eth0 ',
        '10.244.0.0/16 via 10.244.1.1 dev eth0 ',
        '10.244.1.0/24 dev eth0 proto kernel scope link src 10.244.1.2 ',
        '',
      ].join('\n'),
    );
    expect(await show(netns, 'ip', '-o', 'link', 'show', 'eth0')).toContain('mtu 1450');
    const ports = await show(one.netns, 'bridge', '-d', 'link', 'show');
    expect(ports).toMatch(/veth[0-9a-f]{8}@.* master cni0/);
    expect(ports).toContain('hairpin on');
  });
});

describe('what somebody changed while nobody looked', () => {
  /** Every change, and what in the kernel shows that it was taken back. */
  const CHANGES: readonly { netns: string; change: string; shows: [string, ...string[]]; matching: RegExp }[] = [
    {
      netns: one.netns,
      change: 'ip route del 10.244.2.0/24',
      shows: ['ip', 'route'],
      matching: /10\.244\.2\.0\/24 via 10\.244\.2\.0 dev flannel\.1 onlink/,
    },
    {
      netns: one.netns,
      change: 'bridge fdb del $(bridge fdb show dev flannel.1 | cut -d" " -f1-3) dev flannel.1',
      shows: ['bridge', 'fdb', 'show', 'dev', 'flannel.1'],
      matching: /dst 192\.168\.1\.12 self permanent/,
    },
    {
      netns: one.netns,
      change: 'ip neigh replace 10.244.2.0 lladdr 02:00:00:00:00:99 dev flannel.1 nud permanent',
      shows: ['ip', 'neigh', 'show', 'dev', 'flannel.1'],
      matching: /^10\.244\.2\.0 lladdr (?!02:00:00:00:00:99)\S+ PERMANENT \n$/,
    },
    {
      netns: one.netns,
      change: 'ip link set flannel.1 down',
      shows: ['ip', '-o', 'link', 'show', 'flannel.1'],
      matching: /<[A-Z,]*UP[A-Z,_]*>/,
    },
    {
      netns: two.netns,
      change: 'ip link del flannel.1; ip link add flannel.1 type vxlan id 7 dev eth0 dstport 4789',
      shows: ['ip', '-d', 'link', 'show', 'flannel.1'],
      matching: /vxlan id 1 local 192\.168\.1\.12 dev eth0 .*dstport 8472 nolearning/,
    },
    {
      netns: two.netns,
      change: 'iptables -D FORWARD 1',
      shows: ['iptables-save', '-t', 'filter'],
      matching: /^-A FORWARD .*-j FLANNEL-FWD$/m,
    },
    {
      netns: two.netns,
      change: 'iptables -t nat -I FLANNEL-POSTRTG -j MASQUERADE',
      shows: ['iptables-save', '-t', 'nat'],
      matching: /-j FLANNEL-POSTRTG\n-A FLANNEL-POSTRTG -m mark/,
    },
    {
      netns: one.netns,
      change: 'ip addr flush dev cni0; ip link set cni0 down',
      shows: ['ip', '-o', 'addr', 'show', 'cni0'],
      matching: /inet 10\.244\.1\.1\/24 brd 10\.244\.1\.255/,
    },
    {
      netns: one.netns,
      change: `ip link set ${podVethName('uid-web-0')} nomaster down`,
      shows: ['bridge', '-d', 'link', 'show'],
      matching: /veth[0-9a-f]{8}@.*UP.* master cni0(.|\n)*hairpin on/,
    },
    {
      netns: `${lab}.default.web-0`,
      change: 'ip route flush dev eth0; ip link set eth0 down',
      shows: ['ip', 'route'],
      matching: /default via 10\.244\.1\.1 dev eth0 \n10\.244\.0\.0\/16 via 10\.244\.1\.1 dev eth0/,
    },
  ];

  it('is set right by the agents and pod networks that come after', async () => {
    await Promise.all(agents.map((agent) => agent.stop()));
    for (const { netns, change } of CHANGES) await show(netns, 'sh', '-c', change);
    for (const { netns, shows, matching } of CHANGES) expect(await show(netns, ...shows)).not.toMatch(matching);
    for (const [index, node] of nodes.entries()) {
      agents[index] = agentOf(node);
      networks[index] = podNetworkOf(node);
    }
    await Promise.all(agents.map((agent) => agent.start()));
    for (const [index, network] of networks.entries()) {
      const answers = await network.attach([pod(`web-${index}`)]);
      expect(answers.get(`uid-web-${index}`)).toEqual({ ...sandboxes[index], stood: true });
    }
    for (const { netns, shows, matching } of CHANGES) expect(await show(netns, ...shows)).toMatch(matching);
    const ping = await kernel.read(sandboxes[0]!.netns, ['ping', '-c', '1', '-W', '2', '10.244.2.2']);
    expect(ping.exitCode).toBe(0);
  });
});

describe('PodNetwork', () => {
  it('finds what stands after a restart, keeps it, and gives other addresses to new pods', async () => {
    const again = podNetworkOf(one);
    const answers = await again.attach([pod('web-0'), pod('web-9')]);
    expect(answers.get('uid-web-0')).toEqual({ ...sandboxes[0], stood: true });
    const fresh = answers.get('uid-web-9') as PodSandbox;
    expect(fresh.ips[0]).toBe('10.244.1.3');
    const inode = kernel.namespaceInode(sandboxes[0]!.netns);

    const successor = await again.attach([pod('web-9', 'another')]);
    expect(successor.get('another')).toEqual({ netns: fresh.netns, ips: ['10.244.1.4'] });
    await again.detach([pod('web-9', 'uid-web-9')]);
    expect(kernel.namespaceInode(fresh.netns), 'a successor stays when its predecessor leaves').toBeGreaterThan(0);
    await again.detach([pod('web-9', 'another')]);
    await again.detach([pod('web-9', 'another')]);
    expect(() => kernel.namespaceInode(fresh.netns)).toThrow();
    expect(kernel.namespaceInode(sandboxes[0]!.netns)).toBe(inode);
  });

  it('wires a hundred pods with few commands, and takes them down together', async () => {
    const pods = Array.from({ length: 100 }, (_, index) => pod(`many-${index}`));
    const answers = await networks[1]!.attach(pods);
    const standing = [...answers.values()].filter((answer): answer is PodSandbox => !(answer instanceof Error));
    expect(standing).toHaveLength(100);
    expect(new Set(standing.map(({ ips }) => ips[0])).size).toBe(100);
    const ping = await kernel.read(sandboxes[1]!.netns, ['ping', '-c', '1', '-W', '2', standing[99]!.ips[0]!]);
    expect(ping.exitCode).toBe(0);
    await networks[1]!.detach(pods);
    expect(execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })).not.toContain(`${lab}.default.many-`);
  });

  it('gives only the pod at fault an error, and leaves nothing of it', async () => {
    const [first, second] = [pod('fine'), pod('broken')];
    const broken = `${lab}.default.broken`;
    class Faulty extends LinuxKernel {
      override async run(netns: Netns, batches: readonly Batch[]): Promise<void> {
        if (netns !== broken) return super.run(netns, batches);
        throw new KernelError({ netns, tool: 'ip', line: 'address add', stderr: 'out of luck' });
      }
    }
    const network = new PodNetwork({ ...optionsOf(one), kernel: new Faulty() });
    const answers = await network.attach([first, second]);
    expect(answers.get('uid-broken')).toMatchObject({ name: 'KernelError', stderr: 'out of luck' });
    expect(answers.get('uid-fine')).toMatchObject({ netns: `${lab}.default.fine` });
    expect(() => kernel.namespaceInode(broken)).toThrow();
    expect(await show(one.netns, 'ip', 'link')).not.toContain(podVethName('uid-broken'));
    await network.detach([first]);
  });
});

describe('FlannelAgent', () => {
  it('takes up again where it stopped, without doubling a rule', async () => {
    await agents[0]!.stop();
    await kernel.run(one.netns, [
      { tool: 'ip', ops: [{ op: 'route-delete', destination: '10.244.2.0/24', device: 'flannel.1' }] },
    ]);
    const again = agentOf(one);
    await again.start();
    try {
      expect(await show(one.netns, 'ip', 'route', 'show', 'dev', 'flannel.1')).toContain('10.244.2.0/24');
      const rules = await show(one.netns, 'iptables-save');
      expect(rules.match(/-j FLANNEL-POSTRTG/g)).toHaveLength(1);
      expect(rules.match(/-j FLANNEL-FWD/g)).toHaveLength(1);
      expect(rules.match(/-A FLANNEL-POSTRTG/g)).toHaveLength(6);

      await transport.delete(NODES, { name: 'node-2' });
      await eventually(async () => (await show(one.netns, 'ip', 'route', 'show', 'dev', 'flannel.1')) === '');
      await again.settled();
      expect(await show(one.netns, 'ip', 'neighbour', 'show', 'dev', 'flannel.1')).toBe('');
      expect(await show(one.netns, 'bridge', 'fdb', 'show', 'dev', 'flannel.1')).toBe('');
    } finally {
      await again.stop();
    }
  });
});
