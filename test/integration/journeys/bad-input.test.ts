/**
 * Wrong input is refused in Kubernetes' words (what, why), and nothing is half-made: objects, namespaces and every node's rules and
 * links are the same before and after. Names and texts that would be shell, a further line or an option somewhere are among it.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uniqueLabName } from '../lab/fixture.ts';
import { hostNetworkFacts, tracesOf } from '../lab/host-facts.ts';
import { kubectl, ROOT, run, sharedLab } from './shared-lab.ts';

const lab = sharedLab({ nodes: 2 });

const KINDS = 'services,pods,endpoints,endpointslices,configmaps,deployments,replicasets,nodes,namespaces,servicecidrs';

/** Everything bad input could have half-made. */
async function state(): Promise<unknown> {
  const rules = async (node: string) =>
    (await run(lab(), node, 'iptables-save')).split('\n').filter((line) => !line.startsWith('#'));
  const links = (node: string) => run(lab(), node, 'ip', '-br', 'link');
  return {
    objects: await kubectl(lab(), ['get', KINDS, '-A', '-o', 'name']),
    namespaces: readdirSync('/run/netns').filter((name) => name.startsWith(`${lab().name}.`)),
    rules: await Promise.all(['control-plane', 'node-1'].map(rules)),
    links: await Promise.all(['control-plane', 'node-1'].map(links)),
  };
}

let before: unknown;
beforeAll(async () => {
  before = await state();
});

type Fields = Record<string, unknown>;
const service = (spec: Fields, name = 'bad') => ({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec });
const port = (fields: Fields = {}) => service({ ports: [{ port: 80, ...fields }] });
const pod = (spec: Fields = {}, container: Fields = {}, metadata: Fields = {}) => ({
  ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'bad', ...metadata } },
  spec: { ...spec, containers: [{ name: 'main', image: 'nginx', ...container }] },
});
const slice = (endpoint: Fields, ports: readonly Fields[] = [{ port: 80 }]) => ({
  ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'bad' } },
  ...{ addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'], ...endpoint }], ports },
});
const endpoints = (ip: string, name?: string) => ({
  ...{ apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'bad' } },
  subsets: [{ addresses: [{ ip }], ports: [{ port: 80, ...(name === undefined ? {} : { name }) }] }],
});

const MISTAKES: readonly [string, unknown, string][] = [
  ['an unknown kind', { ...port(), kind: 'Servce' }, 'no matches for kind "Servce" in version "v1"'],
  ['an unknown version', { ...port(), apiVersion: 'v2' }, 'no matches for kind "Service" in version "v2"'],
  ['a misspelt field', service({ prots: [] }), 'strict decoding error: unknown field "spec.prots"'],
  [
    'a port that is a word',
    port({ port: 'eighty' }),
    'json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32',
  ],
  ['a port that is none', port({ port: 0 }), 'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535'],
  [
    'a nodePort out of range',
    service({ type: 'NodePort', ports: [{ port: 80, nodePort: 99 }] }),
    'spec.ports[0].nodePort: Invalid value: 99: provided port is not in the valid range. The range of valid ports is 30000-32767',
  ],
  [
    'a clusterIP out of range',
    service({ clusterIP: '10.10.5.10', ports: [{ port: 80 }] }),
    'failed to allocate IP 10.10.5.10: the provided network does not match the current range',
  ],
  [
    'a clusterIP that is taken',
    service({ clusterIP: '10.96.0.10', ports: [{ port: 80 }] }),
    'failed to allocate IP 10.96.0.10: provided IP is already allocated',
  ],
  ['a clusterIP that is none', service({ clusterIP: 'abc', ports: [{ port: 80 }] }), 'must be a valid IP address'],
  ['an unknown type', service({ type: 'Nodeport', ports: [{ port: 80 }] }), 'spec.type: Unsupported value: "Nodeport"'],
  ['no ports', service({ selector: { app: 'x' } }), 'spec.ports: Required value'],
  [
    'a namespace that is not there',
    { ...port(), metadata: { name: 'bad', namespace: 'nowhere' } },
    'namespaces "nowhere" not found',
  ],
];

const SHELL = ['$(reboot)', 'a;reboot', 'a\nb', '../../etc', '-rf', 'a b', '`id`', 'a" -j ACCEPT'];
const ATTACKS: readonly [string, (text: string) => unknown, string][] = [
  ['metadata.name', (text) => ({ ...port(), metadata: { name: text } }), 'metadata.name: Invalid value'],
  ['metadata.name of a pod', (text) => pod({}, {}, { name: text }), 'metadata.name: Invalid value'],
  ['a label', (text) => pod({}, {}, { labels: { a: text } }), 'metadata.labels: Invalid value'],
  ['a selector', (text) => service({ selector: { a: text }, ports: [{ port: 80 }] }), 'spec.selector: Invalid value'],
  ['a port name', (text) => port({ name: text }), 'spec.ports[0].name: Invalid value'],
  ['a targetPort', (text) => port({ targetPort: text }), 'spec.ports[0].targetPort: Invalid value'],
  [
    'externalIPs',
    (text) => service({ externalIPs: [text], ports: [{ port: 80 }] }),
    'spec.externalIPs[0]: Invalid value',
  ],
  [
    'loadBalancerSourceRanges',
    (text) => service({ type: 'LoadBalancer', loadBalancerSourceRanges: [text], ports: [{ port: 80 }] }),
    'spec.LoadBalancerSourceRanges[0]: Invalid value',
  ],
  ['externalName', (text) => service({ type: 'ExternalName', externalName: text }), 'spec.externalName: Invalid value'],
  ['an address of Endpoints', (text) => endpoints(text), 'subsets[0].addresses[0].ip: Invalid value'],
  ['a port name of Endpoints', (text) => endpoints('10.0.0.1', text), 'subsets[0].ports[0].name: Invalid value'],
  [
    'an address of an EndpointSlice',
    (text) => slice({ addresses: [text] }),
    'endpoints[0].addresses[0]: Invalid value',
  ],
  ['a nodeName of an EndpointSlice', (text) => slice({ nodeName: text }), 'endpoints[0].nodeName: Invalid value'],
  ['a hostname of an EndpointSlice', (text) => slice({ hostname: text }), 'endpoints[0].hostname: Invalid value'],
  ['a port name of an EndpointSlice', (text) => slice({}, [{ name: text, port: 80 }]), 'ports[0].name: Invalid value'],
  ['a container’s name', (text) => pod({}, { name: text }), 'spec.containers[0].name: Invalid value'],
  ['a pod’s hostname', (text) => pod({ hostname: text }), 'spec.hostname: Invalid value'],
  ['a pod’s subdomain', (text) => pod({ subdomain: text }), 'spec.subdomain: Invalid value'],
  ['a pod’s node', (text) => pod({ nodeName: text }), 'spec.nodeName: Invalid value'],
  [
    'a host alias',
    (text) => pod({ hostAliases: [{ ip: '10.0.0.1', hostnames: [text] }] }),
    'spec.hostAliases[0].hostnames',
  ],
  [
    'a name server',
    (text) => pod({ dnsPolicy: 'None', dnsConfig: { nameservers: [text] } }),
    'spec.dnsConfig.nameservers[0]',
  ],
  ['a search domain', (text) => pod({ dnsConfig: { searches: [text] } }), 'spec.dnsConfig.searches[0]'],
  [
    'a volume’s name',
    (text) => pod({ volumes: [{ name: text, emptyDir: {} }] }),
    'spec.volumes[0].name: Invalid value',
  ],
  [
    'a range',
    (text) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'ServiceCIDR',
      metadata: { name: 'bad' },
      spec: { cidrs: [text] },
    }),
    'spec.cidrs[0]: Invalid value',
  ],
  [
    'a Node’s name',
    (text) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name: text } }),
    'metadata.name: Invalid value',
  ],
];

const create = (object: unknown) => lab().kubectl(['create', '-f', '-'], JSON.stringify(object));

describe('the API refuses', () => {
  it.each(MISTAKES)('%s', async (_what, object, words) => {
    const { exitCode, stdout, stderr } = await create(object);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(words);
  });

  it.each(ATTACKS)('shell, lines and options in %s', async (_field, object, words) => {
    const list = { apiVersion: 'v1', kind: 'List', items: SHELL.map(object) };
    const { exitCode, stdout, stderr } = await create(list);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr.split(words).length - 1, stderr).toBe(SHELL.length);
  });

  it('what flannel reads from a Node’s annotations is checked before it becomes a command', async () => {
    const annotation = 'flannel.alpha.coreos.com';
    const read = (key: string) =>
      kubectl(lab(), [
        'get',
        'node',
        'node-1',
        '-o',
        `jsonpath={.metadata.annotations.${annotation.replaceAll('.', '\\.')}/${key}}`,
      ]);
    const [data, ip] = [await read('backend-data'), await read('public-ip')];
    const set = (backendData: string, publicIp: string) =>
      kubectl(lab(), [
        ...['annotate', 'node', 'node-1', '--overwrite', `${annotation}/backend-data=${backendData}`],
        `${annotation}/public-ip=${publicIp}`,
      ]);
    for (const evil of ['aa:bb:cc:dd:ee:ff dev eth0\\nlink del eth0', '$(reboot)', '']) {
      await set(`{"VNI":1,"VtepMAC":"${evil}"}`, ip);
      await set(data, `${ip}\nlink del eth0`);
    }
    await set(data, ip);
    await expect
      .poll(async () => await run(lab(), 'control-plane', 'bridge', 'fdb', 'show', 'dev', 'flannel.1'))
      .toContain(ip);
  });

  it('and nothing was half-made', async () => {
    await lab().programmed();
    expect(await state()).toEqual(before);
  });
});

describe('podwire up refuses a lab file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'podwire-bad-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['an unknown kind', 'kind: Lap', 'kind'],
    ['a misspelt field', 'networking: {podSubent: 10.32.0.0/16}', 'did you mean "podSubnet"?'],
    ['a wrong type', 'nodes: three', 'nodes'],
    ['a network that is none', 'networking: {podSubnet: 10.244.0.0/33}', 'networking.podSubnet'],
    ['networks that overlap', 'networking: {podSubnet: 10.96.0.0/16}', '10.96.0.0/16'],
    ['the underlay among the pods', 'underlay: {subnet: 10.244.7.0/24}', '10.244.7.0/24'],
    ['two nodes of one name', 'nodes: [{name: a, role: control-plane}, {name: a}]', '"a"'],
    ['no control plane', 'nodes: [{name: a}]', 'control-plane'],
    ['shell in a node’s name', 'nodes: [{name: "a;reboot", role: control-plane}]', 'nodes[0].name'],
    ['a line in a node’s name', 'nodes: [{name: "a\\nb", role: control-plane}]', 'nodes[0].name'],
    ['shell in a label', 'nodes: [{name: a, role: control-plane, labels: {x: "$(reboot)"}}]', 'labels'],
    ['a line in a zone', 'nodes: [{name: a, role: control-plane, zone: "a\\nb"}]', 'zone'],
    ['shell in a host’s name', 'hosts: [{name: "a b", address: 192.168.1.100}]', 'hosts[0].name'],
    ['a line in a host’s address', 'hosts: [{name: a, address: "192.168.1.9\\nlink del eth0"}]', 'hosts[0].address'],
    ['shell in the DNS domain', 'networking: {dnsDomain: "cluster.local; id"}', 'networking.dnsDomain'],
  ])('with %s', (_what, text, words) => {
    const file = join(folder, 'lab.yaml');
    const head = text.startsWith('kind:') ? '' : 'kind: Lab\n';
    writeFileSync(file, `apiVersion: podwire.dev/v1alpha1\n${head}${text}\n`);
    const name = uniqueLabName();
    const host = hostNetworkFacts();
    const cli = [join(ROOT, 'src/cli/main.ts'), 'up', '--name', name, '-f', file];
    const { status, stdout, stderr } = spawnSync(process.execPath, cli, { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^podwire: .+\n {2}why: (?:.+\n)+? {2}do: {2}.+\n$/);
    expect(stderr).toContain(words);
    expect(tracesOf(name)).toEqual([]);
    expect(hostNetworkFacts()).toEqual(host);
  });
});
