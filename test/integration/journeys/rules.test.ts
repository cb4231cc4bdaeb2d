/**
 * `iptables-save` of a node reads as kube-proxy's: for Services of every sort, with endpoints of fixed addresses, the rules of each
 * chain are those in `golden/`, which were compared line by line with what kube-proxy writes (`vitest -u` renews them).
 */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { chainsOf, ruleListing } from './rule-listing.ts';
import { kubectl, run, sharedLab } from './shared-lab.ts';

const lab = sharedLab();

interface Sort {
  readonly name: string;
  readonly spec: string;
  readonly ports?: string;
  /** Node → last bytes of the addresses of its endpoints. */
  readonly endpoints?: Readonly<Record<string, readonly number[]>>;
}

const BOTH = { 'node-1': [101], 'node-2': [102] };
const SORTS: readonly Sort[] = [
  {
    name: 'plain',
    spec: 'clusterIP: 10.96.50.1',
    ports: '{name: http, port: 80}',
    endpoints: { 'node-1': [101, 103], 'node-2': [102] },
  },
  {
    name: 'unnamed',
    spec: 'clusterIP: 10.96.50.2, type: NodePort',
    ports: '{port: 80, nodePort: 30078}',
    endpoints: BOTH,
  },
  { name: 'udp', spec: 'clusterIP: 10.96.50.3', ports: '{name: dns, port: 53, protocol: UDP}', endpoints: BOTH },
  { name: 'empty', spec: 'clusterIP: 10.96.50.4, type: NodePort', ports: '{name: p, port: 80, nodePort: 30004}' },
  {
    name: 'local',
    spec: 'clusterIP: 10.96.50.5, type: NodePort, externalTrafficPolicy: Local',
    ports: '{name: p, port: 80, nodePort: 30005}',
    endpoints: { 'node-2': [105] },
  },
  {
    name: 'inside',
    spec: 'clusterIP: 10.96.50.6, internalTrafficPolicy: Local',
    ports: '{name: p, port: 80}',
    endpoints: { 'node-1': [106] },
  },
  {
    name: 'sticky',
    spec: 'clusterIP: 10.96.50.7, sessionAffinity: ClientIP',
    ports: '{name: p, port: 80}',
    endpoints: { 'node-1': [107], 'node-2': [108] },
  },
  {
    name: 'external',
    spec: 'clusterIP: 10.96.50.8, externalIPs: [192.168.1.200]',
    ports: '{name: p, port: 80}',
    endpoints: BOTH,
  },
  {
    name: 'balanced',
    // The address is written here: of a class that is not the lab's own load balancer.
    spec: 'clusterIP: 10.96.50.9, type: LoadBalancer, loadBalancerClass: example.com/another, loadBalancerSourceRanges: [192.168.1.0/25]',
    ports: '{name: p, port: 80, nodePort: 30009}',
    endpoints: BOTH,
  },
  { name: 'headless', spec: 'clusterIP: None', ports: '{name: p, port: 80}', endpoints: BOTH },
];

function objects({ name, spec, ports, endpoints = {} }: Sort): string {
  const [, port] = /name: (\w+)/.exec(ports ?? '') ?? [];
  const protocol = ports?.includes('UDP') === true ? 'UDP' : 'TCP';
  const slice = Object.entries(endpoints).flatMap(([node, hosts]) =>
    hosts.map((host) => `{addresses: [10.244.${node.slice(5)}.${host}], nodeName: ${node}, conditions: {ready: true}}`),
  );
  return `---
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: shop}
spec: {${spec}, ports: [${ports}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}-1, namespace: shop, labels: {kubernetes.io/service-name: ${name}}}
addressType: IPv4
ports: [{name: "${port ?? ''}", port: 8080, protocol: ${protocol}}]
endpoints: [${slice.join(', ')}]
`;
}

beforeAll(async () => {
  await kubectl(lab(), ['create', 'namespace', 'shop']);
  await kubectl(lab(), ['apply', '-f', '-'], SORTS.map(objects).join(''));
  const status = '{"status":{"loadBalancer":{"ingress":[{"ip":"192.168.1.210"}]}}}';
  await kubectl(lab(), [
    'patch',
    'service',
    '-n',
    'shop',
    'balanced',
    '--subresource=status',
    '--type=merge',
    '-p',
    status,
  ]);
  await lab().programmed();
});

// The addresses of the DNS pods are not always the same.
const ofDns = (rule: string) => rule.includes('kube-system/kube-dns');

describe('iptables-save', () => {
  it.each(['node-1', 'node-2', 'control-plane'])('of %s', async (node) => {
    const save = await run(lab(), node, 'iptables-save');
    await expect(ruleListing(save, ofDns)).toMatchFileSnapshot(
      join(import.meta.dirname, 'golden', `iptables-save-${node}.txt`),
    );
  });

  it('leaves no chain behind when the Services are gone', async () => {
    await kubectl(lab(), ['delete', 'services', '-n', 'shop', '--all']);
    await kubectl(lab(), ['delete', 'endpointslices', '-n', 'shop', '--all']);
    await lab().programmed();
    const chains = chainsOf(await run(lab(), 'node-1', 'iptables-save'));
    const rules = [...chains.values()].flat();
    expect(rules.filter((rule) => rule.includes('shop/'))).toEqual([]);
    const services = [...chains.keys()].filter((name) => /KUBE-(SVC|SVL|SEP|EXT|FW)-/.test(name));
    // kubernetes:https with its endpoint, three ports of kube-dns with two endpoints each.
    expect(services).toHaveLength(2 + 3 * 3);
  });
});
