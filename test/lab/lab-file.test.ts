import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DEFAULT_LAB } from '../../src/lab/default-lab.ts';
import type { LabError } from '../../src/lab/lab-error.ts';
import { parseLabFile, readLabFile } from '../../src/lab/lab-file.ts';
import { labJsonSchema } from '../../src/lab/lab-json-schema.ts';

const ROOT = join(import.meta.dirname, '../..');
const HEAD = 'apiVersion: podwire.dev/v1alpha1\nkind: Lab\n';

/** The lines a bad file is refused with. */
function refusal(text: string): string[] {
  try {
    parseLabFile(text, 'lab.yaml');
  } catch (error) {
    expect(error).toMatchObject({ name: 'LabError', exitCode: 2, message: 'the lab file lab.yaml is unusable' });
    return (error as LabError).why.split('\n');
  }
  throw new Error('the file was accepted');
}

describe('the lab file', () => {
  it('has lab/default.yaml as its defaults', () => {
    const file = readLabFile(join(ROOT, 'lab/default.yaml'));
    const defaults = parseLabFile(HEAD, 'lab.yaml');
    expect(file).toEqual({ ...defaults, flannel: { ...defaults.flannel, Network: '10.244.0.0/16' } });
    expect(DEFAULT_LAB).toEqual(file);
  });

  it('has further ServiceCIDRs in lab/sources.yaml', () => {
    expect(readLabFile(join(ROOT, 'lab/sources.yaml')).networking.additionalServiceCIDRs).toEqual([
      '10.10.5.0/24',
      '10.0.160.0/24',
      '172.17.188.0/24',
    ]);
  });

  it.each([
    ['dual-stack.yaml', 'dual'],
    ['ipv6.yaml', 'ipv6'],
  ])('has in lab/%s what ipFamily: %s alone brings', (name, family) => {
    const file = readLabFile(join(ROOT, 'lab', name));
    expect(file).toEqual(parseLabFile(`${HEAD}networking: {ipFamily: ${family}}\n`, 'lab.yaml'));
  });

  it('gives a host with an IPv4 address its number in IPv6 too, where the underlay has both', () => {
    const text = 'networking: {ipFamily: dual}\nhosts: [{name: db, address: 192.168.1.23}]\n';
    expect(parseLabFile(HEAD + text, 'lab.yaml').hosts).toEqual([
      { name: 'db', address: '192.168.1.23,fd00:192:168:1::23', names: [] },
    ]);
  });

  it('fills in the role of a worker and keeps labels and zone', () => {
    const { nodes } = parseLabFile(
      `${HEAD}nodes: [{name: a, role: control-plane}, {name: b, labels: {disk: ssd}, zone: z1}]`,
      'lab.yaml',
    );
    expect(nodes).toEqual([
      { name: 'a', role: 'control-plane', labels: {} },
      { name: 'b', role: 'worker', labels: { disk: 'ssd' }, zone: 'z1' },
    ]);
  });

  const refused: [string, string, string[]][] = [
    [
      'a misspelt key, with its near miss',
      `${HEAD}networking:\n  podSubent: 10.1.0.0/16\n`,
      ['lab.yaml:4:3: networking.podSubent: unknown field; did you mean "podSubnet"?'],
    ],
    [
      'an unknown key that is like no other, with those there are',
      `${HEAD}underlay:\n  colour: red\n`,
      ['lab.yaml:4:3: underlay.colour: unknown field; expected one of subnet, mtu'],
    ],
    [
      'a misspelt key inside a list',
      `${HEAD}nodes:\n- {name: a, role: control-plane}\n- nam: b\n`,
      ['lab.yaml:5:3: nodes[1].nam: unknown field; did you mean "name"?'],
    ],
    [
      'an IPVS scheduler that the kernel has not',
      `${HEAD}kubeProxy: {ipvs: {scheduler: fastest}}\n`,
      [
        'lab.yaml:3:20: kubeProxy.ipvs.scheduler: Invalid value: "fastest": must be in [rr wrr lc wlc lblc lblcr sh dh sed nq mh fo ovf twos], blank means the default algorithm method (currently rr)',
      ],
    ],
    [
      'an option of kube-proxy that is none',
      `${HEAD}kubeProxy: {iptables: {masqueradebit: 3}}\n`,
      ['lab.yaml:3:24: kubeProxy.iptables.masqueradebit: unknown field; did you mean "masqueradeBit"?'],
    ],
    [
      'a duration without a unit',
      `${HEAD}kubeProxy: {iptables: {syncPeriod: "30"}}\n`,
      ['lab.yaml:3:24: kubeProxy.iptables.syncPeriod: time: missing unit in duration "30"'],
    ],
    ['a wrong type', `${HEAD}underlay:\n  mtu: large\n`, ['lab.yaml:4:3: underlay.mtu: must be a number']],
    ['a number out of range', `${HEAD}underlay: {mtu: 12}\n`, ['lab.yaml:3:12: underlay.mtu: must be at least 576']],
    ['no mapping', '- a\n', ['lab.yaml:1:1: must be a mapping']],
    [
      'another kind of file',
      'apiVersion: v1\nkind: Pod\n',
      ['lab.yaml:1:1: apiVersion: must be "podwire.dev/v1alpha1"', 'lab.yaml:2:1: kind: must be "Lab"'],
    ],
    [
      'a block with bits behind its prefix',
      `${HEAD}networking: {podSubnet: 10.244.1.0/16}\n`,
      ['lab.yaml:3:14: networking.podSubnet: has bits behind its prefix; the block is 10.244.0.0/16'],
    ],
    [
      'a block that is none',
      `${HEAD}networking: {podSubnet: 10.244.0.0}\n`,
      ['lab.yaml:3:14: networking.podSubnet: must be an address block such as 10.244.0.0/16'],
    ],
    [
      'a name with shell characters',
      `${HEAD}nodes: [{name: "a; reboot", role: control-plane}]\n`,
      ['lab.yaml:3:10: nodes[0].name: must be a lower-case RFC 1123 label: letters, digits and "-", at most 63'],
    ],
    [
      'a name with a newline',
      `${HEAD}nodes: [{name: "a\\n", role: control-plane}]\n`,
      ['lab.yaml:3:10: nodes[0].name: must be a lower-case RFC 1123 label: letters, digits and "-", at most 63'],
    ],
    [
      'a pod network that overlaps the Service network',
      `${HEAD}networking: {podSubnet: 10.100.0.0/16}\n`,
      [
        'lab.yaml:3:1: networking.serviceSubnet: 10.96.0.0/12 (the Service network) overlaps 10.100.0.0/16 (the pod network): ' +
          'an address in both could be a node, a pod or a Service, and only one of them would be reached',
      ],
    ],
    [
      'a pod network that overlaps the underlay',
      `${HEAD}networking:\n  podSubnet: 192.168.0.0/16\n`,
      [
        'lab.yaml:4:3: networking.podSubnet: 192.168.0.0/16 (the pod network) overlaps 192.168.1.0/24 (the underlay): ' +
          'an address in both could be a node, a pod or a Service, and only one of them would be reached',
      ],
    ],
    [
      'a further Service network that overlaps the first',
      `${HEAD}networking:\n  additionalServiceCIDRs:\n  - 10.10.0.0/16\n  - 10.97.0.0/24\n`,
      [
        'lab.yaml:6:5: networking.additionalServiceCIDRs[1]: 10.97.0.0/24 (a further Service network) overlaps 10.96.0.0/12 (the Service network): ' +
          'an address in both could be a node, a pod or a Service, and only one of them would be reached',
      ],
    ],
    [
      'a Service network that is too small for the DNS',
      `${HEAD}networking: {serviceSubnet: 10.96.0.0/30}\n`,
      [
        'lab.yaml:3:14: networking.serviceSubnet: must be between a /12 and a /28 (the API takes its first address, the DNS its tenth), not a /30',
      ],
    ],
    [
      'a pod network without a block for every node',
      `${HEAD}networking: {podSubnet: 10.244.0.0/23}\n`,
      ['lab.yaml:3:14: networking.podSubnet: has room for 2 blocks of /24, one a node, and there are 3 nodes'],
    ],
    [
      'two control planes',
      `${HEAD}nodes: [{name: a, role: control-plane}, {name: b, role: control-plane}]\n`,
      ['lab.yaml:3:1: nodes: must hold exactly one node with role control-plane, not 2'],
    ],
    [
      'a name taken twice',
      `${HEAD}hosts: [{name: node-1, address: 192.168.1.50}]\n`,
      ['lab.yaml:3:10: hosts[0].name: "node-1" is taken by nodes[1].name: nodes and hosts share one set of names'],
    ],
    [
      'a host outside the underlay',
      `${HEAD}hosts: [{name: db, address: 10.1.1.1}]\n`,
      ['lab.yaml:3:20: hosts[0].address: 10.1.1.1 is not on the underlay 192.168.1.0/24'],
    ],
    [
      'a host with a name of the cluster’s, and one with an image that serves nothing',
      `${HEAD}hosts: [{name: db, address: 192.168.1.9, names: [db.svc.cluster.local], image: busybox}]\n`,
      [
        'lab.yaml:3:73: hosts[0].image: busybox has no server that could stand in for it (docs/images.md lists those that have)',
        "lab.yaml:3:50: hosts[0].names[0]: db.svc.cluster.local lies in the cluster's own domain cluster.local, whose names come from its Services alone",
      ],
    ],
    [
      'a host at the gateway’s address',
      `${HEAD}hosts: [{name: db, address: 192.168.1.1}]\n`,
      ['lab.yaml:3:20: hosts[0].address: 192.168.1.1 is the gateway’s address'],
    ],
    [
      'a host at the load balancer’s address',
      `${HEAD}hosts: [{name: db, address: 192.168.1.2}]\n`,
      ['lab.yaml:3:20: hosts[0].address: 192.168.1.2 is the load balancer’s address'],
    ],
    [
      'load balancer addresses among the nodes’',
      `${HEAD}loadBalancer: {addresses: [192.168.1.192/26]}\n`,
      [
        'lab.yaml:3:28: loadBalancer.addresses[0]: 192.168.1.192/26 (addresses of the load balancer) overlaps 192.168.1.0/24 (the underlay): an address in both could be a node, a pod or a Service, and only one of them would be reached',
      ],
    ],
    [
      'load balancer addresses of IPv6',
      `${HEAD}loadBalancer: {addresses: ['2001:db8::/64']}\n`,
      ['lab.yaml:3:28: loadBalancer.addresses[0]: 2001:db8::/64 is IPv6, and the load balancer serves IPv4'],
    ],
    [
      'a reserved name',
      `${HEAD}hosts: [{name: gateway, address: 192.168.1.9}]\n`,
      ['lab.yaml:3:10: hosts[0].name: is taken: every lab has its own "fabric", "gateway" and "cloud"'],
    ],
    [
      'a flannel network that is not the pod network',
      `${HEAD}flannel: {Network: 10.1.0.0/16}\n`,
      [
        'lab.yaml:3:11: flannel.Network: 10.1.0.0/16 is not networking.podSubnet (10.244.0.0/16): flannel would route other addresses than the pods have',
      ],
    ],
    [
      'a grace period within which a node in good health says nothing',
      `${HEAD}kubelet: {nodeLeaseDurationSeconds: 10}\ncontrollerManager: {nodeMonitorGracePeriodSeconds: 10}\n`,
      [
        'lab.yaml:4:21: controllerManager.nodeMonitorGracePeriodSeconds: must be longer than kubelet.nodeLeaseDurationSeconds (10): a node in good health would be written off between two heartbeats',
      ],
    ],
    [
      'blocks of two families where there is one',
      `${HEAD}networking:\n  podSubnet: 10.244.0.0/16,fd00:10:244::/56\n`,
      [
        'lab.yaml:4:3: networking.podSubnet: must be one IPv4 block, since networking.ipFamily is ipv4; it is 10.244.0.0/16,fd00:10:244::/56',
      ],
    ],
    [
      'a block of the other family',
      `${HEAD}networking:\n  ipFamily: ipv6\n  serviceSubnet: 10.96.0.0/12\n`,
      [
        'lab.yaml:5:3: networking.serviceSubnet: must be one IPv6 block, since networking.ipFamily is ipv6; it is 10.96.0.0/12',
      ],
    ],
    [
      'one block where both families want one',
      `${HEAD}networking:\n  ipFamily: dual\nunderlay:\n  subnet: 192.168.1.0/24\n`,
      [
        'lab.yaml:6:3: underlay.subnet: must be an IPv4 and an IPv6 block, separated by a comma, since networking.ipFamily is dual; it is 192.168.1.0/24',
      ],
    ],
    [
      'networks that begin with different families',
      `${HEAD}networking:\n  ipFamily: dual\n  serviceSubnet: fd00:10:96::/112,10.96.0.0/12\n`,
      [
        'lab.yaml:5:3: networking.serviceSubnet: begins with IPv6, and networking.podSubnet with IPv4: the first family is the cluster’s primary one, in every network',
      ],
    ],
    [
      'two blocks of one family',
      `${HEAD}networking:\n  podSubnet: 10.244.0.0/16,10.245.0.0/16\n`,
      ['lab.yaml:4:3: networking.podSubnet: names 2 blocks, and not each of a family of its own'],
    ],
    [
      'IPv6 networks that overlap',
      `${HEAD}networking:\n  ipFamily: ipv6\n  serviceSubnet: fd00:10:244:5::/112\n`,
      [
        'lab.yaml:5:3: networking.serviceSubnet: fd00:10:244:5::/112 (the Service network) overlaps fd00:10:244::/56 (the pod network): ' +
          'an address in both could be a node, a pod or a Service, and only one of them would be reached',
      ],
    ],
    [
      'an IPv6 Service network that is too large',
      `${HEAD}networking:\n  ipFamily: ipv6\n  serviceSubnet: fd00:10:96::/64\n`,
      [
        'lab.yaml:5:3: networking.serviceSubnet: must be between a /108 and a /124 (the API takes its first address, the DNS its tenth), not a /64',
      ],
    ],
    [
      'another spelling of a block',
      `${HEAD}networking:\n  ipFamily: ipv6\n  podSubnet: fd00:10:244:0::/56\n`,
      ['lab.yaml:5:3: networking.podSubnet: is written fd00:10:244::/56'],
    ],
    [
      'link-local addresses',
      `${HEAD}networking:\n  ipFamily: ipv6\n  podSubnet: fe80::/56\n`,
      ['lab.yaml:5:3: networking.podSubnet: lies in a range that is never routed'],
    ],
    [
      'a further Service network of a family the lab has not',
      `${HEAD}networking:\n  additionalServiceCIDRs: ["fd00:10:97::/112"]\n`,
      [
        'lab.yaml:4:28: networking.additionalServiceCIDRs[0]: fd00:10:97::/112 is IPv6, and networking.ipFamily is ipv4: no Service could have an address of it',
      ],
    ],
    [
      'a host without an address of a family',
      `${HEAD}networking: {ipFamily: dual}\nhosts:\n- {name: db, address: "fd00:192:168:1::23"}\n`,
      ['lab.yaml:5:14: hosts[0].address: fd00:192:168:1::23 has no address of IPv4, which the underlay has'],
    ],
    [
      'a host at the gateway’s IPv6 address',
      `${HEAD}networking: {ipFamily: ipv6}\nhosts:\n- {name: db, address: "fd00:192:168:1::1"}\n`,
      ['lab.yaml:5:14: hosts[0].address: fd00:192:168:1::1 is the gateway’s address'],
    ],
    [
      'flannel’s IPv6 network that is not the pod network’s',
      `${HEAD}networking: {ipFamily: dual}\nflannel: {IPv6Network: "fd00:1::/56"}\n`,
      [
        'lab.yaml:4:11: flannel.IPv6Network: fd00:1::/56 is not networking.podSubnet (10.244.0.0/16,fd00:10:244::/56): flannel would route other addresses than the pods have',
      ],
    ],
    ['broken YAML', `${HEAD}nodes: [`, [expect.stringMatching(/^lab\.yaml:3:9: /)]],
    ['a key given twice', `${HEAD}kind: Lab\n`, ['lab.yaml:3:1: this field is given twice: leave one out']],
  ];
  it.each(refused)('refuses %s', (_, text, expected) => {
    expect(refusal(text)).toEqual(expected);
  });

  it('refuses a file that is not there', () => {
    expect(() => readLabFile('/nonexistent.yaml')).toThrow('cannot read the lab file "/nonexistent.yaml"');
  });
});

describe('lab/lab.schema.json', () => {
  it('is fresh: node scripts/write-lab-schema.ts writes it', () => {
    const committed: unknown = JSON.parse(readFileSync(join(ROOT, 'lab/lab.schema.json'), 'utf8'));
    expect(committed).toEqual(JSON.parse(labJsonSchema()));
  });

  it('accepts the lab files of the project and refuses a misspelt key', () => {
    const validate = new Ajv2020.Ajv2020().compile(JSON.parse(labJsonSchema()) as object);
    for (const name of ['default.yaml', 'sources.yaml'])
      expect(validate(parse(readFileSync(join(ROOT, 'lab', name), 'utf8')))).toBe(true);
    expect(validate(parse(`${HEAD}networkin: {}`))).toBe(false);
  });
});
