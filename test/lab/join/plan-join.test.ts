import { describe, expect, it } from 'vitest';
import { DEFAULT_LAB } from '../../../src/lab/default-lab.ts';
import { planJoin } from '../../../src/lab/join/plan-join.ts';
import { observeRedirect, planRedirect } from '../../../src/lab/join/plan-redirect.ts';
import type { ClusterSurvey } from '../../../src/lab/join/survey-cluster.ts';
import { parseLabFile } from '../../../src/lab/lab-file.ts';
import { planLab, withNodeCount } from '../../../src/lab/plan-lab.ts';

const SURVEY: ClusterSurvey = {
  nodes: [
    { name: 'control-plane', addresses: ['192.168.1.10'], podCIDRs: ['10.244.0.0/24'] },
    // A block larger than ours, and one of another family.
    { name: 'big', addresses: ['192.168.1.12', 'fd00::2'], podCIDRs: ['10.244.2.0/23', 'fd00:1::/64'] },
  ],
  apiServiceIp: '10.43.0.1',
  endpoints: [
    { ip: '192.168.1.10', port: 6443 },
    { ip: '198.51.100.7', port: 443 },
  ],
  dnsServiceIp: '10.43.0.53',
  serviceCIDRs: [['10.43.0.0/16', 'fd00:2::/108'], ['fd00:3::/108'], ['10.10.0.0/24']],
};
const EMPTY: ClusterSurvey = { ...SURVEY, nodes: [], endpoints: [], serviceCIDRs: [] };
const request = {
  ...{ plan: planLab('lab', DEFAULT_LAB), file: DEFAULT_LAB, named: false },
  ...{ server: 'https://198.51.100.7', controlPlane: false },
};

describe('the plan of nodes that join a cluster', () => {
  it('keeps out of the way of what the cluster has, and takes its ranges', () => {
    const plan = planJoin(request, SURVEY);
    expect(plan.nodes.map(({ name, netns, ips, podCIDRs, role }) => [name, netns, ips, podCIDRs, role])).toEqual([
      ['lab-1', 'lab.lab-1', ['192.168.1.11'], ['10.244.1.0/24'], 'worker'],
      ['lab-2', 'lab.lab-2', ['192.168.1.13'], ['10.244.4.0/24'], 'worker'],
    ]);
    expect(plan).toMatchObject({
      ...{ serviceSubnets: ['10.43.0.0/16'], additionalServiceCIDRs: ['10.10.0.0/24'] },
      ...{ apiServiceIp: '10.43.0.1', dnsServiceIp: '10.43.0.53' },
      remote: { server: 'https://198.51.100.7', endpoints: SURVEY.endpoints, controlPlane: false },
    });
  });

  it('finds its own addresses where the cluster says none', () => {
    const plan = planJoin(request, { ...EMPTY, apiServiceIp: undefined, dnsServiceIp: undefined });
    expect([...plan.serviceSubnets, plan.apiServiceIp, plan.dnsServiceIp]).toEqual([
      ...['10.96.0.0/12', '10.96.0.1', '10.96.0.10'],
    ]);
  });

  it('has addresses and blocks of both families in a dual-stack lab', () => {
    const file = parseLabFile(
      'apiVersion: podwire.dev/v1alpha1\nkind: Lab\nnetworking: {ipFamily: dual}\n',
      'lab.yaml',
    );
    const plan = planJoin({ ...request, file, plan: planLab('lab', file) }, SURVEY);
    expect(plan.nodes[0]).toMatchObject({
      ips: ['192.168.1.11', 'fd00:192:168:1::11'],
      podCIDRs: ['10.244.1.0/24', 'fd00:10:244:1::/64'],
    });
    expect([plan.serviceSubnets, plan.additionalServiceCIDRs]).toEqual([
      ['10.43.0.0/16', 'fd00:2::/108'],
      ['fd00:3::/108', '10.10.0.0/24'],
    ]);
  });

  it('has the names of a lab file, and refuses those that are taken', () => {
    const named = { ...request, named: true };
    expect(planJoin(named, EMPTY).nodes.map(({ name }) => name)).toEqual(['node-1', 'node-2']);
    const taken = { ...EMPTY, nodes: [{ name: 'node-2', addresses: [], podCIDRs: [] }] };
    expect(() => planJoin(named, taken)).toThrow('the cluster has a node of that name already: node-2');
  });

  it('refuses more nodes than there are blocks', () => {
    const file = { ...DEFAULT_LAB, networking: { ...DEFAULT_LAB.networking, podSubnet: '10.244.0.0/22' } };
    const larger = withNodeCount(file, 4);
    expect(() => planJoin({ ...request, file: larger, plan: planLab('lab', larger) }, SURVEY)).toThrow(
      'no room for so many nodes',
    );
  });
});

describe('the redirection to an API server elsewhere', () => {
  const remote = planJoin(request, SURVEY).remote!;

  it('turns its address and port alone; the gateway answers for an address of the underlay', () => {
    const [addresses, rules] = planRedirect(remote, 4, {
      underlays: ['192.168.1.0/24'],
      port: 6443,
      jumpStands: false,
    });
    expect(addresses).toMatchObject({ ops: [{ op: 'address-replace', cidr: '192.168.1.10/32', device: 'lo' }] });
    expect(rules).toMatchObject({
      text: `*nat
:PODWIRE-API - [0:0]
-A PODWIRE-API -d 192.168.1.10/32 -p tcp --dport 6443 -j REDIRECT --to-ports 6443
-A PODWIRE-API -d 198.51.100.7/32 -p tcp --dport 443 -j REDIRECT --to-ports 6443
-A PREROUTING -j PODWIRE-API
COMMIT
`,
    });
  });

  it('does not jump twice', () => {
    const save = '*nat\n:PODWIRE-API - [0:0]\n-A PREROUTING -j PODWIRE-API\nCOMMIT\n';
    const [, rules] = planRedirect(remote, 4, {
      ...{ underlays: ['192.168.1.0/24'], port: 6443, jumpStands: observeRedirect(save) },
    });
    expect(rules).not.toMatchObject({ text: expect.stringContaining('PREROUTING') });
  });

  it('turns both families, and needs no rule in one that the API server has not', () => {
    const place = { underlays: ['fd00:192:168:1::/64'], port: 6443, jumpStands: false };
    const six = { ...remote, endpoints: [{ ip: 'fd00:192:168:1::7', port: 6443 }] };
    expect(planRedirect(six, 6, place)).toMatchObject([
      { ops: [{ cidr: 'fd00:192:168:1::7/128' }] },
      { family: 6, text: expect.stringContaining('-d fd00:192:168:1::7/128 -p tcp') },
    ]);
    expect(planRedirect(six, 4, place)).toEqual([]);
  });
});
