import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLabFile } from '../../src/lab/lab-file.ts';
import { isLabName } from '../../src/lab/lab-name.ts';
import { planLab, plannedNamespaces, withNodeCount } from '../../src/lab/plan-lab.ts';

const HEAD = 'apiVersion: podwire.dev/v1alpha1\nkind: Lab\n';
const fileOf = (text = '') => parseLabFile(HEAD + text, 'lab.yaml');

describe('the plan of a lab', () => {
  it('gives the default lab its addresses', () => {
    const plan = planLab('podwire', fileOf());
    expect(plan.nodes.map(({ name, ip, podCIDRs, netns }) => [name, ip, podCIDRs.join(), netns])).toEqual([
      ['control-plane', '192.168.1.10', '10.244.0.0/24', 'podwire.control-plane'],
      ['node-1', '192.168.1.11', '10.244.1.0/24', 'podwire.node-1'],
      ['node-2', '192.168.1.12', '10.244.2.0/24', 'podwire.node-2'],
    ]);
    expect(plan.gateway).toEqual({
      name: 'gateway',
      netns: 'podwire.gateway',
      ip: '192.168.1.1',
      ips: ['192.168.1.1'],
    });
    const cloud = { name: 'cloud', netns: 'podwire.cloud', ip: '192.168.1.2', ips: ['192.168.1.2'], names: [] };
    expect(plan.hosts).toEqual([
      { name: 'client', netns: 'podwire.client', ip: '192.168.1.100', ips: ['192.168.1.100'], names: [] },
      cloud,
    ]);
    expect(plan.loadBalancer).toEqual({ host: cloud, addresses: ['203.0.113.0/24'] });
    expect([plan.apiServiceIp, plan.dnsServiceIp]).toEqual(['10.96.0.1', '10.96.0.10']);
  });

  it('gives a lab of both families an address and a block of each, which read alike', () => {
    const plan = planLab('x', fileOf('networking: {ipFamily: dual}'));
    expect(plan.nodes.map(({ ip, ips, podCIDRs }) => [ip, ips.join(), podCIDRs.join()])).toEqual([
      ['192.168.1.10', '192.168.1.10,fd00:192:168:1::10', '10.244.0.0/24,fd00:10:244::/64'],
      ['192.168.1.11', '192.168.1.11,fd00:192:168:1::11', '10.244.1.0/24,fd00:10:244:1::/64'],
      ['192.168.1.12', '192.168.1.12,fd00:192:168:1::12', '10.244.2.0/24,fd00:10:244:2::/64'],
    ]);
    expect(plan.gateway.ips).toEqual(['192.168.1.1', 'fd00:192:168:1::1']);
    expect([plan.apiServiceIp, plan.dnsServiceIp]).toEqual(['10.96.0.1', '10.96.0.10']);
  });

  it('has the family of the first blocks as its primary', () => {
    const blocks = 'podSubnet: "fd00:10:244::/56,10.244.0.0/16", serviceSubnet: "fd00:10:96::/112,10.96.0.0/12"';
    const plan = planLab(
      'x',
      fileOf(`networking: {ipFamily: dual, ${blocks}}\nunderlay: {subnet: "fd00:192:168:1::/64,192.168.1.0/24"}`),
    );
    expect(plan.nodes[0]).toMatchObject({ ip: 'fd00:192:168:1::10', ips: ['fd00:192:168:1::10', '192.168.1.10'] });
    expect(plan.hosts[0]).toMatchObject({ ip: 'fd00:192:168:1::100', ips: ['fd00:192:168:1::100', '192.168.1.100'] });
    expect([plan.apiServiceIp, plan.dnsServiceIp]).toEqual(['fd00:10:96::1', 'fd00:10:96::a']);
  });

  it('has no IPv4 in IPv6 alone', () => {
    const plan = planLab('x', fileOf('networking: {ipFamily: ipv6}'));
    expect(JSON.stringify(plan)).not.toMatch(/\d+\.\d+\.\d+\.\d+/);
  });

  it('labels nodes with their role and zone', () => {
    const plan = planLab(
      'x',
      fileOf('nodes: [{name: a, role: control-plane}, {name: b, zone: z1, labels: {disk: ssd}}]'),
    );
    expect(plan.nodes.map(({ labels }) => labels)).toEqual([
      { 'node-role.kubernetes.io/control-plane': '', 'node.kubernetes.io/exclude-from-external-load-balancers': '' },
      { 'topology.kubernetes.io/zone': 'z1', disk: 'ssd' },
    ]);
  });

  it('has no load balancer without addresses, and one node takes its traffic itself', () => {
    const plan = planLab('x', fileOf('loadBalancer: {addresses: []}\nnodes: [{name: a, role: control-plane}]'));
    expect([plan.loadBalancer, plan.hosts.length]).toEqual([undefined, 1]);
    expect(plan.nodes[0]!.labels).toEqual({ 'node-role.kubernetes.io/control-plane': '' });
  });

  it('has none without IPv4 either', () => {
    expect(planLab('x', fileOf('networking: {ipFamily: ipv6}')).loadBalancer).toBeUndefined();
  });

  it('passes over the addresses of hosts', () => {
    const plan = planLab('x', fileOf('hosts: [{name: db, address: 192.168.1.11}]'));
    expect(plan.nodes.map(({ ip }) => ip)).toEqual(['192.168.1.10', '192.168.1.12', '192.168.1.13']);
  });

  it.each([
    [1, ['control-plane']],
    [2, ['control-plane', 'node-1']],
    [3, ['control-plane', 'node-1', 'node-2']],
    [5, ['control-plane', 'node-1', 'node-2', 'node-3', 'node-4']],
  ])('makes %i nodes of the default lab', (count, names) => {
    expect(withNodeCount(fileOf(), count).nodes.map(({ name }) => name)).toEqual(names);
  });

  it('never gives two places one address or one namespace', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 120 }),
        fc.uniqueArray(fc.integer({ min: 3, max: 200 }), { maxLength: 20 }),
        (nodes, hosts) => {
          const list = hosts.map((last, index) => `{name: h${index}, address: 192.168.1.${last}}`).join(', ');
          const plan = planLab('x', withNodeCount(fileOf(`hosts: [${list}]`), nodes));
          const places = [plan.gateway, ...plan.nodes, ...plan.hosts];
          expect(new Set(places.map(({ ip }) => ip)).size).toBe(places.length);
          expect(new Set(plannedNamespaces(plan)).size).toBe(places.length + 1);
        },
      ),
    );
  });
});

describe('names of labs', () => {
  it.each(['podwire', 'a', 'a-b', '1a', 'a'.repeat(63)])('accepts %s', (name) => expect(isLabName(name)).toBe(true));
  it.each(['', 'A', 'a.b', 'a/b', '../x', 'a b', 'a\n', '\na', 'a;b', '$(x)', '-a', 'a-', 'a'.repeat(64), 'é'])(
    'refuses %j',
    (name) => expect(isLabName(name)).toBe(false),
  );
});
