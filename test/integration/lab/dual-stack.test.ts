/** A lab of both families: pods and Services reached over each of them, in both backends, and as Kubernetes writes it all down. */
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { kernelHasIpv6 } from '../../../src/kernel/ipv6.ts';
import { LinuxKernel } from '../../../src/kernel/linux-kernel.ts';
import { DaemonClient } from '../../../src/lab/daemon-client.ts';
import { stateDirectory } from '../../../src/lab/state-directory.ts';
import { SERVICES } from '../../../src/objects/resource.ts';
import type { Node, Pod, Service } from '../../../src/objects/wire.ts';
import { kubectl, ROOT, run, sharedLab } from '../journeys/shared-lab.ts';
import { eventually } from '../scratch.ts';

const NETEXEC = `containers:
      - name: agnhost
        image: registry.k8s.io/e2e-test-images/agnhost:2.53
        args: [netexec]
        ports: [{containerPort: 8080}]
        readinessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1}`;

const pod = (name: string, node: string) => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: web, name: ${name}}}
spec:
      nodeName: ${node}
      ${NETEXEC}
---
`;

const service = (name: string, spec: string) => `apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {ipFamilyPolicy: RequireDualStack, ${spec}}
---
`;

const HTTP = 'ports: [{name: http, port: 80, targetPort: 8080, nodePort: PORT}]';
const OBJECTS = [
  pod('web-1', 'node-1'),
  pod('web-2', 'node-2'),
  service(
    'web',
    `type: NodePort, selector: {app: web}, externalIPs: ['fd00:198:51:100::7'], ${HTTP.replace('PORT', '30080')}`,
  ),
  service(
    'local',
    `type: NodePort, externalTrafficPolicy: Local, selector: {name: web-1}, ${HTTP.replace('PORT', '30081')}`,
  ),
  service('own', 'selector: {name: web-1}, ports: [{port: 80, targetPort: 8080}]'),
  service('nobody', 'selector: {app: nobody}, ports: [{port: 80}]'),
  service('headless', 'clusterIP: None, selector: {app: web}'),
  service('sticky', 'sessionAffinity: ClientIP, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]'),
  // Nobody's class: its address is given by hand.
  service(
    'balanced',
    `type: LoadBalancer, loadBalancerClass: example.org/none, loadBalancerSourceRanges: ['fd00:192:168:1::/64'], selector: {app: web}, ${HTTP.replace('PORT', '30082')}`,
  ),
  service('udp', 'selector: {app: web}, ports: [{port: 53, protocol: UDP, targetPort: 8081}]'),
].join('');

const BALANCED = { namespace: 'default', name: 'balanced' };
const file = join(ROOT, 'lab/dual-stack.yaml');

describe.skipIf(!kernelHasIpv6())('a lab of both families (skipped where the kernel has no IPv6)', () => {
  const lab = sharedLab({ file });
  const kernel = new LinuxKernel();

  const get = async <T>(what: string, name: string) =>
    JSON.parse(await kubectl(lab(), ['get', what, name, '-o', 'json'])) as T;
  const ipsOf = async (name: string) =>
    (await get<Pod>('pod', name)).status!.podIPs!.map(({ ip }) => ip) as [string, string];
  const clusterIpsOf = async (name: string) =>
    (await get<Service>('service', name)).spec!.clusterIPs as [string, string];
  /** An IPv6 address as a URL has it. */
  const host = (ip: string) => (ip.includes(':') ? `[${ip}]` : ip);

  /** What curl says in `from`: the body, or `failed: EXIT CODE`. */
  async function curl(from: string, url: string, ...options: string[]): Promise<string> {
    const argv = ['curl', '-sS', '-g', '-m', '2', ...options, url] as [string, ...string[]];
    const { exitCode, stdout } = await lab().exec(from, argv);
    return exitCode === 0 ? stdout : `failed: ${exitCode}`;
  }

  /** The pods that answer thirty requests. */
  async function answering(from: string, url: string): Promise<string[]> {
    // Of two that are chosen by chance one is never met once in 2^29.
    const urls = Array.from({ length: 30 }, () => url);
    const output = await run(
      lab(),
      from,
      'curl',
      '-sS',
      '-g',
      '-m',
      '5',
      '-H',
      'Connection: close',
      '-w',
      '\\n',
      ...urls,
    );
    return [...new Set(output.trim().split('\n'))].sort();
  }

  beforeAll(async () => {
    await kubectl(lab(), ['apply', '-f', '-'], OBJECTS);
    await kubectl(lab(), ['wait', '--for=condition=Ready', 'pod', '-l', 'app=web', '--timeout=30s']);
    await run(lab(), 'client', 'ip', '-6', 'route', 'add', 'fd00:198:51:100::/64', 'via', 'fd00:192:168:1::11');
    const status = { loadBalancer: { ingress: [{ ip: 'fd00:198:51:100::8' }] } };
    await lab().transport.patch(SERVICES, BALANCED, 'merge', { status }, { subresource: 'status' });
    await lab().programmed();
  }, 60_000);

  describe('what is written down', () => {
    it('nodes and pods have an address of each family, IPv4 first', async () => {
      const node = await get<Node>('node', 'node-1');
      expect(node.spec?.podCIDRs).toEqual(['10.244.1.0/24', 'fd00:10:244:1::/64']);
      expect(node.status?.addresses).toEqual([
        { type: 'InternalIP', address: '192.168.1.11' },
        { type: 'InternalIP', address: 'fd00:192:168:1::11' },
        { type: 'Hostname', address: 'node-1' },
      ]);
      const { status } = await get<Pod>('pod', 'web-1');
      expect(status).toMatchObject({ podIP: status!.podIPs![0]!.ip, hostIP: '192.168.1.11' });
      expect(status!.hostIPs).toEqual([{ ip: '192.168.1.11' }, { ip: 'fd00:192:168:1::11' }]);
      expect(status!.podIPs!.map(({ ip }) => ip)).toEqual([
        expect.stringMatching(/^10\.244\.1\.\d+$/),
        expect.stringMatching(/^fd00:10:244:1::[0-9a-f]+$/),
      ]);
    });

    it('a Service has addresses, slices of each family, and Endpoints of the first', async () => {
      const [v4, v6] = await clusterIpsOf('web');
      expect(await kubectl(lab(), ['get', 'service', 'web', '-o', 'wide'])).toMatch(
        new RegExp(`^web +NodePort +${v4.replaceAll('.', '\\.')} +fd00:198:51:100::7 +80:30080/TCP`, 'm'),
      );
      expect(await kubectl(lab(), ['describe', 'service', 'web'])).toMatch(
        new RegExp(`IP Families: +IPv4,IPv6\\n(.*\\n)?IPs: +${v4},${v6}`),
      );
      const slices = await kubectl(lab(), ['get', 'endpointslices', '-l', 'kubernetes.io/service-name=web']);
      expect(slices.match(/ IPv[46] /g)?.sort()).toEqual([' IPv4 ', ' IPv6 ']);
      const endpoints = await kubectl(lab(), [
        'get',
        'endpoints',
        'web',
        '-o',
        'jsonpath={.subsets[*].addresses[*].ip}',
      ]);
      expect(endpoints.split(' ').every((ip) => ip.startsWith('10.244.'))).toBe(true);
    });

    it('names have A and AAAA, and lead back', async () => {
      const [v4, v6] = await clusterIpsOf('web');
      const dig = (...question: string[]) => run(lab(), 'web-1', 'dig', '+short', '+search', ...question);
      expect((await dig('A', 'web')).trim()).toBe(v4);
      expect((await dig('AAAA', 'web')).trim()).toBe(v6);
      const all = [...(await ipsOf('web-1')), ...(await ipsOf('web-2'))];
      const headless = `${await dig('A', 'headless')}${await dig('AAAA', 'headless')}`;
      expect(headless.trim().split('\n').sort()).toEqual(all.sort());
      expect((await dig('-x', v6)).trim()).toBe('web.default.svc.cluster.local.');
      expect(await run(lab(), 'web-1', 'cat', '/etc/hosts')).toContain(`${(await ipsOf('web-1'))[1]}\tweb-1\n`);
    });
  });

  describe.each(['iptables', 'nftables', 'userspace'] as const)('in mode %s', (mode) => {
    beforeAll(async () => {
      if (mode !== 'iptables')
        await new DaemonClient(lab().name, stateDirectory(lab().name).socket).switchProxyMode({ mode });
    });

    it('pods reach each other over VXLAN, each family by its own, and see who called', async () => {
      const [mine, theirs] = [await ipsOf('web-1'), await ipsOf('web-2')];
      for (const family of [0, 1] as const) {
        const url = `http://${host(theirs[family])}:8080/clientip`;
        expect(await curl('web-1', url)).toMatch(new RegExp(`^\\[?${mine[family]}\\]?:\\d+$`));
      }
    });

    it('a Service answers on its addresses, on each node’s, and on an external one', async () => {
      const both = ['web-1', 'web-2'];
      for (const ip of await clusterIpsOf('web')) {
        expect(await answering('web-1', `http://${host(ip)}/hostname`)).toEqual(both);
        expect(await answering('node-2', `http://${host(ip)}/hostname`)).toEqual(both);
      }
      for (const ip of ['192.168.1.10', 'fd00:192:168:1::10', 'fd00:192:168:1::11'])
        expect(await answering('client', `http://${host(ip)}:30080/hostname`)).toEqual(both);
      expect(await answering('client', 'http://[fd00:198:51:100::7]/hostname')).toEqual(both);
    });

    it('a client sticks to its pod where the Service says so', async () => {
      for (const ip of await clusterIpsOf('sticky'))
        expect(await answering('node-1', `http://${host(ip)}/hostname`)).toHaveLength(1);
    });

    it('an address of a load balancer answers those its ranges let in', async () => {
      const url = 'http://[fd00:198:51:100::8]/hostname';
      expect(await answering('client', url)).toEqual(['web-1', 'web-2']);
      const letIn = async (range: string) => {
        await lab().transport.patch(SERVICES, BALANCED, 'merge', { spec: { loadBalancerSourceRanges: [range] } });
        await lab().programmed();
      };
      await letIn('fd00:1::/64');
      expect(await curl('client', url, '-m', '0.3')).toBe('failed: 28');
      await letIn('fd00:192:168:1::/64');
    });

    // It has neither: its proxy accepts every connection, and is the client the pod sees.
    const isUserspace = mode === 'userspace';

    it.skipIf(isUserspace)(
      'policy Local keeps the client’s address, and drops where there is no endpoint',
      async () => {
        expect(await curl('client', 'http://[fd00:192:168:1::11]:30081/clientip')).toMatch(
          /^\[fd00:192:168:1::100\]:\d+$/,
        );
        expect(await curl('client', 'http://[fd00:192:168:1::12]:30081/clientip', '-m', '0.3')).toBe('failed: 28');
      },
    );

    it('a pod reaches itself through a Service', async () => {
      for (const ip of await clusterIpsOf('own'))
        expect(await curl('web-1', `http://${host(ip)}/hostname`)).toBe('web-1');
    });

    it.skipIf(isUserspace)('a Service without endpoints refuses', async () => {
      for (const ip of await clusterIpsOf('nobody'))
        expect(await curl('web-2', `http://${host(ip)}/`)).toBe('failed: 7');
    });

    it('a UDP client follows when its endpoint is gone', async () => {
      const [, ip] = await clusterIpsOf('udp');
      const socket = await kernel.sockets.bindUdp(await lab().netnsOf('client'), { host: '::', port: 0 });
      // By a node: the client is outside, and knows no way to a ClusterIP.
      await run(lab(), 'client', 'ip', '-6', 'route', 'replace', ip, 'via', 'fd00:192:168:1::11');
      const heard: string[] = [];
      socket.on('message', (message) => heard.push(message.toString()));
      const answer = async (wanted: (name: string) => boolean) =>
        eventually(() => {
          socket.send('hostname', 53, ip);
          return heard.splice(0).find(wanted);
        }, 20_000);
      try {
        const first = await answer(() => true);
        await kubectl(lab(), ['label', 'pod', first, 'app-']);
        expect(await answer((name) => name !== first)).toMatch(/^web-[12]$/);
        await kubectl(lab(), ['label', 'pod', first, 'app=web']);
        await lab().programmed();
      } finally {
        socket.close();
      }
    });
  });

  it('pods leave the cluster under their node’s address, in each family', async () => {
    const server = createServer((socket) => socket.end(`${socket.remoteAddress}`));
    await kernel.sockets.listen(await lab().netnsOf('client'), server, { host: '::', port: 8099 });
    try {
      const ask = (address: string) => run(lab(), 'web-1', 'curl', '-sS', '-g', '--http0.9', `http://${address}:8099/`);
      expect(await ask('192.168.1.100')).toBe('::ffff:192.168.1.11');
      expect(await ask('[fd00:192:168:1::100]')).toBe('fd00:192:168:1::11');
    } finally {
      server.close();
    }
  });

  it('a Service gives its second family up and takes it back, and the rules follow', async () => {
    const [v4, v6] = await clusterIpsOf('web');
    const change = (policy: string) =>
      kubectl(lab(), ['patch', 'service', 'web', '-p', JSON.stringify({ spec: { ipFamilyPolicy: policy } })]);
    await change('SingleStack');
    await lab().programmed();
    expect(await clusterIpsOf('web')).toEqual([v4]);
    expect(await curl('web-1', `http://${host(v6)}/hostname`, '-m', '0.3')).toMatch(/^failed: (7|28)$/);
    expect(await curl('web-1', `http://${v4}/hostname`)).toMatch(/^web-[12]$/);
    await change('PreferDualStack');
    await lab().programmed();
    const [again, second] = await clusterIpsOf('web');
    expect(again).toBe(v4);
    expect(await curl('web-1', `http://${host(second)}/hostname`)).toMatch(/^web-[12]$/);
  });
});
