import { describe, expect, it } from 'vitest';
import { applyOps } from '../../../src/kernel/netlink/apply-ops.ts';
import type { BridgeOp, IpOp } from '../../../src/kernel/ops.ts';
import { renderBridgeOps, renderIpOps } from '../../../src/kernel/render-ops.ts';
import { scratch } from '../scratch.ts';

const { kernel, create, journal } = scratch();

const BRIDGE_MAC = '0a:58:0a:f4:01:01';

function linksOf(peer: string): IpOp[] {
  return [
    { op: 'link-add', name: 'br0', mtu: 1450, up: true, link: { kind: 'bridge', mac: BRIDGE_MAC } },
    {
      op: 'link-add',
      name: 'veth0',
      mtu: 1450,
      master: 'br0',
      up: true,
      link: {
        kind: 'veth',
        mac: '0a:58:0a:f4:01:03',
        peer: { name: 'eth0', netns: peer, mac: '0a:58:0a:f4:01:02', mtu: 1450 },
      },
    },
    {
      op: 'link-add',
      name: 'veth1',
      link: { kind: 'veth', mac: '0a:58:0a:f4:01:04', peer: { name: 'veth2', mac: '0a:58:0a:f4:01:06' } },
    },
    { op: 'link-set', name: 'veth1', mtu: 1400, master: 'br0', mac: '0a:58:0a:f4:01:05', up: true },
    { op: 'link-set', name: 'veth2', up: true },
    { op: 'link-set', name: 'veth2', down: true },
    { op: 'address-add', cidr: '10.244.1.1/24', device: 'br0', broadcast: true },
    { op: 'address-add', cidr: '10.9.0.1/31', device: 'br0', broadcast: true },
    { op: 'address-replace', cidr: '10.244.1.1/24', device: 'br0', broadcast: true },
    { op: 'address-replace', cidr: '10.7.0.1/24', device: 'br0', broadcast: true },
    { op: 'address-add', cidr: '10.8.0.1/24', device: 'br0' },
    { op: 'address-delete', cidr: '10.8.0.1/24', device: 'br0' },
    { op: 'address-add', cidr: '127.1.2.3/32', device: 'br0' },
    {
      op: 'link-add',
      name: 'flannel.1',
      mtu: 1450,
      link: {
        kind: 'vxlan',
        vni: 1,
        port: 8472,
        local: '10.244.1.1',
        device: 'br0',
        learning: false,
        mac: '02:00:00:00:00:01',
      },
    },
    { op: 'address-add', cidr: '10.244.1.0/32', device: 'flannel.1' },
    { op: 'link-set', name: 'flannel.1', up: true },
    { op: 'address-add', cidr: 'fd00:10:244:1::1/64', device: 'br0', noDad: true },
    { op: 'address-replace', cidr: 'fd00:10:244:1::1/64', device: 'br0', noDad: true },
    { op: 'address-add', cidr: 'fd00:7::1/64', device: 'br0' },
    { op: 'address-delete', cidr: 'fd00:7::1/64', device: 'br0' },
    {
      op: 'link-add',
      name: 'flannel-v6.1',
      mtu: 1430,
      link: {
        ...{ kind: 'vxlan', vni: 1, port: 8472, learning: false, mac: '02:00:00:00:00:06' },
        ...{ local: 'fd00:10:244:1::1', device: 'br0' },
      },
    },
    { op: 'link-set', name: 'flannel-v6.1', up: true },
    { op: 'address-add', cidr: 'fd00:10:244:1::/128', device: 'flannel-v6.1', noDad: true },
  ];
}

const ENTRIES: BridgeOp[] = [
  { op: 'fdb-replace', mac: '02:00:00:00:00:02', device: 'flannel.1', destination: '192.168.1.12' },
  { op: 'fdb-append', mac: '02:00:00:00:00:03', device: 'flannel.1', destination: '192.168.1.13' },
  { op: 'fdb-append', mac: '02:00:00:00:00:04', device: 'flannel.1', destination: '192.168.1.14' },
  { op: 'fdb-delete', mac: '02:00:00:00:00:04', device: 'flannel.1', destination: '192.168.1.14' },
  { op: 'fdb-replace', mac: '02:00:00:00:00:02', device: 'flannel-v6.1', destination: 'fd00:192:168:1::12' },
  { op: 'fdb-append', mac: '02:00:00:00:00:03', device: 'flannel-v6.1', destination: 'fd00:192:168:1::13' },
  { op: 'fdb-delete', mac: '02:00:00:00:00:03', device: 'flannel-v6.1', destination: 'fd00:192:168:1::13' },
  { op: 'port-set', device: 'veth0', hairpin: true, learning: false },
  { op: 'port-set', device: 'veth1', hairpin: true, isolated: true },
  { op: 'port-set', device: 'veth1', hairpin: false },
];

const ROUTES: IpOp[] = [
  { op: 'neighbour-replace', address: '10.244.2.0', mac: '02:00:00:00:00:02', device: 'flannel.1' },
  { op: 'neighbour-replace', address: '10.244.3.0', mac: '02:00:00:00:00:03', device: 'flannel.1' },
  { op: 'neighbour-delete', address: '10.244.3.0', mac: '02:00:00:00:00:03', device: 'flannel.1' },
  { op: 'route-replace', destination: '10.244.2.0/24', via: '10.244.2.0', device: 'flannel.1', onlink: true },
  { op: 'route-add', destination: '10.244.3.0/24', via: '10.244.3.0', device: 'flannel.1', onlink: true },
  { op: 'route-delete', destination: '10.244.3.0/24', via: '10.244.3.0', device: 'flannel.1', onlink: true },
  { op: 'route-add', destination: 'default', via: '10.244.1.2', device: 'br0' },
  { op: 'route-add', destination: '172.16.0.0/12', device: 'br0', source: '10.244.1.1' },
  { op: 'route-add', destination: '172.15.0.1', device: 'br0', scope: 'host' },
  { op: 'neighbour-replace', address: 'fd00:10:244:2::', mac: '02:00:00:00:00:02', device: 'flannel-v6.1' },
  { op: 'neighbour-replace', address: 'fd00:10:244:3::', mac: '02:00:00:00:00:03', device: 'flannel-v6.1' },
  { op: 'neighbour-delete', address: 'fd00:10:244:3::', mac: '02:00:00:00:00:03', device: 'flannel-v6.1' },
  {
    ...{ op: 'route-replace', destination: 'fd00:10:244:2::/64', via: 'fd00:10:244:2::' },
    ...{ device: 'flannel-v6.1', onlink: true },
  },
  { op: 'route-add', destination: 'fd00:10:244:3::/64', via: 'fd00:10:244:1::3', device: 'br0' },
  { op: 'route-delete', destination: 'fd00:10:244:3::/64', via: 'fd00:10:244:1::3', device: 'br0' },
  { op: 'route-add', destination: 'default', via: 'fd00:10:244:1::2', device: 'br0' },
  { op: 'route-add', destination: 'fd00:8::/64', device: 'br0', source: 'fd00:10:244:1::1' },
  { op: 'route-add', destination: 'fd00:9::1', device: 'br0' },
];

/** What stands in a namespace, in the tools' words; indexes and counters are the namespace's own, a carrier takes its time. */
async function look(netns: string): Promise<Record<string, string[]>> {
  const questions = {
    links: ['ip', '-details', '-o', 'link'],
    addresses: ['ip', '-o', 'address'],
    routes: ['ip', 'route', 'show', 'table', 'all'],
    routes6: ['ip', '-6', 'route', 'show', 'table', 'all'],
    neighbours: ['ip', 'neighbour'],
    fdb: ['bridge', 'fdb', 'show', 'dev', 'flannel.1'],
    fdb6: ['bridge', 'fdb', 'show', 'dev', 'flannel-v6.1'],
    ports: ['bridge', '-details', 'link'],
  } as const;
  const answers: Record<string, string[]> = {};
  for (const [name, argv] of Object.entries(questions)) {
    const { stdout } = await kernel.read(netns, argv as unknown as [string]);
    answers[name] = stdout
      .replace(/^\d+: /gm, '')
      .replace(/link-netns \S+|@if\d+|(hello|tcn|gc|topology_change)\w* +\S+|numtxqueues.*$/g, '')
      .replace(/^(veth[12])@/gm, '$1@')
      .replace(/NO-CARRIER,|,LOWER_UP|,M-DOWN| state \w+| linkdown\b/g, '')
      .split('\n')
      // What a device gives itself once it has a carrier.
      .filter((line) => !/fe80:|ff00::/.test(line))
      .sort();
  }
  return answers;
}

describe('netlink', () => {
  it('leaves what the tools leave', async () => {
    const [ours, ourPeer, theirs, theirPeer] = (await create(['nl-a', 'nl-b', 'nl-c', 'nl-d'], {
      ipv6: true,
    })) as [string, string, string, string];
    for (const ops of [linksOf(ourPeer), ENTRIES, ROUTES])
      expect(kernel.within(ours, () => applyOps(ops))).toBe(ops.length);
    const texts = [
      ['ip', renderIpOps(linksOf(theirPeer))],
      ['bridge', renderBridgeOps(ENTRIES)],
      ['ip', renderIpOps(ROUTES)],
    ] as const;
    for (const [tool, text] of texts) {
      expect(await kernel.read(theirs, [tool, '-batch', '-'], text)).toEqual({ stdout: '', stderr: '', exitCode: 0 });
    }
    const state = await look(ours);
    expect(state).toEqual(await look(theirs));
    expect(state.routes!.join('\n')).toContain('10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink');
    expect(state.routes6!.join('\n')).toContain('fd00:10:244:2::/64 via fd00:10:244:2:: dev flannel-v6.1');
    expect(state.addresses!.join('\n')).not.toContain('tentative');
    expect(state.ports!.join('\n')).toContain('hairpin on');
    const mac = await kernel.read(ourPeer, ['ip', '-o', 'link', 'show', 'eth0']);
    expect(mac.stdout).toContain('0a:58:0a:f4:01:02');
    expect(mac.stdout).toContain('mtu 1450');
  });

  it('stops at what fails, and the tool goes on from there with its own words', async () => {
    const [a] = (await create(['nl-fail'])) as [string];
    const address: IpOp = { op: 'address-add', cidr: '10.0.0.1/24', device: 'br0' };
    const start = journal.length;
    const failing = kernel.run(a, [
      { tool: 'ip', ops: [{ op: 'link-add', name: 'br0', link: { kind: 'bridge' } }, address, address] },
    ]);
    await expect(failing).rejects.toMatchObject({
      line: 'address add 10.0.0.1/24 dev br0',
      stderr: expect.stringMatching(/File exists|already assigned/),
    });
    expect(journal.slice(start).map(({ stdin, mayFail }) => [stdin, mayFail ?? false])).toEqual([
      ['link add name br0 type bridge\naddress add 10.0.0.1/24 dev br0\n', false],
      ['address add 10.0.0.1/24 dev br0\n', true],
    ]);
  });

  it('leaves to the tool what it has no message for, and the making of many devices', async () => {
    const [a] = (await create(['nl-tool'])) as [string];
    const many = Array.from({ length: 9 }, (_, index): IpOp => {
      return { op: 'link-add', name: `br${index}`, link: { kind: 'bridge' } };
    });
    expect(kernel.within(a, () => applyOps(many))).toBe(0);
    await kernel.run(a, [{ tool: 'ip', ops: many }]);
    expect(kernel.within(a, () => applyOps([{ op: 'link-set', name: 'br0', rename: 'bridge0' }]))).toBe(0);
    await kernel.run(a, [
      {
        tool: 'ip',
        ops: [
          { op: 'link-set', name: 'br0', up: true },
          { op: 'link-set', name: 'br1', rename: 'bridge1' },
          { op: 'link-set', name: 'bridge1', up: true },
        ],
      },
    ]);
    const { stdout } = await kernel.read(a, ['ip', '-o', 'link']);
    expect(stdout).toMatch(/bridge1: <[^>]*UP/);
  });
});
