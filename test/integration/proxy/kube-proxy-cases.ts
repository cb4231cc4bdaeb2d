/** What packets meet on a real node, in whichever backend: one table of cases, one behaviour; each exception is named. */
import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENDPOINT_SLICES, SERVICES } from '../../../src/objects/resource.ts';
import { KubeProxy } from '../../../src/proxy/kube-proxy.ts';
import { NODE, service, slice } from '../../proxy/fixtures.ts';
import { chanceOf, ERROR_PROBABILITY } from '../../support/chi-square.ts';
import { MemoryTransport } from '../../support/memory-transport.ts';
import { eventually, scratch } from '../scratch.ts';
import type { ModeUnderTest } from './proxy-modes.ts';
import { relaysInProcess } from './relays-in-process.ts';
import { ask, closeServersAfterEach, serveTcp, serveUdp, udpClient } from './servers.ts';
import { local, serviceObjects } from './service-objects.ts';
import { type TwoNodes, twoNodes } from './two-nodes.ts';

/** Declares the cases for one backend. */
export function kubeProxyCases(under: ModeUnderTest): void {
  const lab = scratch();
  const transport = new MemoryTransport();
  let net: TwoNodes;
  let proxy: KubeProxy;
  const warnings: string[] = [];

  closeServersAfterEach();

  beforeAll(async () => {
    net = await twoNodes(lab);
    proxy = new KubeProxy({
      nodeName: NODE,
      netns: net.node,
      nodeIPs: ['192.168.1.11'],
      clusterCIDRs: ['10.244.0.0/16'],
      mode: under.mode,
      serviceCIDRs: ['10.96.0.0/12'],
      transport,
      kernel: net.kernel,
      relays: relaysInProcess(net.kernel.sockets),
      log: {
        info: () => undefined,
        warn: (message) => warnings.push(message),
        error: (message, fields) => warnings.push(`${message} ${JSON.stringify(fields)}`),
      },
    });
    await proxy.start();
  });

  afterAll(async () => {
    await proxy?.stop();
  });

  const { publish, endpoints } = serviceObjects(transport, () => proxy);

  describe('a cluster IP over TCP', () => {
    const IP = '10.96.0.41';

    beforeAll(() =>
      publish(
        service({ clusterIP: IP, type: 'NodePort', ports: [{ name: 'p80', port: 80, nodePort: 30080 }] }, 'ns1/web'),
        slice([local('10.244.1.3'), '10.244.2.2'], { service: 'ns1/web', ports: [{ name: 'p80', port: 8080 }] }),
      ),
    );

    async function serveBoth(): Promise<void> {
      await serveTcp(net.kernel, net.pods.b.netns, 'b', 8080);
      await serveTcp(net.kernel, net.pods.c.netns, 'c', 8080);
    }

    it('reaches pods of the same bridge and of another node, with the source kept unless it is relayed', async () => {
      await serveBoth();
      const seen = new Set<string>();
      for (let index = 0; index < 40 && seen.size < 2; index += 1) {
        const answer = await ask(net.kernel, net.pods.a.netns, IP, 80);
        expect(answer.error).toBeUndefined();
        seen.add(answer.text);
      }
      expect([...seen].sort()).toEqual(
        under.isRelayed ? ['b 10.244.1.1', 'c 192.168.1.11'] : ['b 10.244.1.2', 'c 10.244.1.2'],
      );
    });

    it('is balanced evenly: 400 connections in turn where a relay gives them out, else as fair dice fall', async () => {
      await serveBoth();
      const counts = { b: 0, c: 0 };
      for (let round = 0; round < 20; round += 1) {
        const answers = await Promise.all(Array.from({ length: 20 }, () => ask(net.kernel, net.pods.a.netns, IP, 80)));
        for (const { text } of answers) counts[text[0] as 'b' | 'c'] += 1;
      }
      expect(counts.b + counts.c).toBe(400);
      if (under.isRelayed) expect(counts).toEqual({ b: 200, c: 200 });
      else expect(chanceOf([counts.b, counts.c])).toBeGreaterThan(ERROR_PROBABILITY);
    });

    it('from the node itself and from outside comes masqueraded', async () => {
      await serveBoth();
      for (const from of [net.node, net.client]) {
        const answer = await ask(net.kernel, from, IP, 80);
        expect(answer.error).toBeUndefined();
        // The pod sees the address of the node's interface towards it: never the client's.
        expect(answer.text).toMatch(/^(b 10\.244\.1\.1|c 192\.168\.1\.11)$/);
      }
    });

    it('has a node port that answers from outside, from a pod and on the node', async () => {
      await serveBoth();
      for (const [from, to] of [
        [net.client, '192.168.1.11'],
        [net.node, '192.168.1.11'],
        [net.pods.a.netns, '192.168.1.11'],
      ] as const) {
        const answer = await ask(net.kernel, from, to, 30080);
        expect(answer.error).toBeUndefined();
        expect(answer.text).toMatch(/^(b 10\.244\.1\.1|c 192\.168\.1\.11)$/);
      }
    });

    it('has its node port on loopback unless it is nftables’s', async () => {
      await serveBoth();
      // nftables has none there: it would need route_localnet (KEP-3866, CVE-2020-8558).
      const answer = await ask(net.kernel, net.node, '127.0.0.1', 30080);
      if (under.hasLoopbackNodePorts) expect(answer.text).toMatch(/^(b 10\.244\.1\.1|c 192\.168\.1\.11)$/);
      else expect(answer.error).toBe('ECONNREFUSED');
    });

    it('answers at its own ports only: nftables refuses others at once, and drops what no Service has', async () => {
      // iptables has no such rule: the packet leaves by the default route (KEP-3866: changed on purpose).
      if (under.mode !== 'nftables')
        return expect((await ask(net.kernel, net.pods.a.netns, IP, 81, 400)).text).toBe('');
      for (const from of [net.pods.a.netns, net.node]) {
        expect(await ask(net.kernel, from, IP, 81)).toMatchObject({ error: 'ECONNREFUSED' });
        expect((await ask(net.kernel, from, '10.96.200.200', 80, 400)).error).toBe('TIMEOUT');
      }
    });
  });

  describe('hairpin', () => {
    it('lets a pod reach itself through its Service', async () => {
      await publish(
        service({ clusterIP: '10.96.0.42' }, 'ns1/self'),
        slice([local('10.244.1.2')], { service: 'ns1/self' }),
      );
      await serveTcp(net.kernel, net.pods.a.netns, 'a', 80);
      expect(await ask(net.kernel, net.pods.a.netns, '10.96.0.42', 80)).toMatchObject({ text: 'a 10.244.1.1' });
    });
  });

  describe('a Service without endpoints', () => {
    it('refuses at once, or closes what a relay has accepted, from a pod, the node and outside', async () => {
      await publish(
        service({ clusterIP: '10.96.0.43', type: 'NodePort', ports: [{ port: 80, nodePort: 30083 }] }, 'ns1/none'),
      );
      for (const [from, to, port] of [
        [net.pods.a.netns, '10.96.0.43', 80],
        [net.node, '10.96.0.43', 80],
        [net.client, '192.168.1.11', 30083],
        [net.node, '192.168.1.11', 30083],
      ] as const) {
        const answer = await ask(net.kernel, from, to, port);
        expect(answer).toMatchObject(under.isRelayed ? { error: undefined, text: '' } : { error: 'ECONNREFUSED' });
        expect(answer.ms, `${from} → ${to}:${port}`).toBeLessThan(1000);
      }
    });

    it('is served as soon as the first endpoint is ready', async () => {
      await publish(service({ clusterIP: '10.96.0.44' }, 'ns1/late'));
      expect((await ask(net.kernel, net.pods.a.netns, '10.96.0.44', 80)).text).toBe('');
      await serveTcp(net.kernel, net.pods.c.netns, 'c', 80);
      await transport.create(ENDPOINT_SLICES, slice(['10.244.2.2'], { service: 'ns1/late' }));
      await proxy.programmed();
      const expected = under.isRelayed ? 'c 192.168.1.11' : 'c 10.244.1.2';
      expect((await ask(net.kernel, net.pods.a.netns, '10.96.0.44', 80)).text).toBe(expected);
    });
  });

  describe('traffic policies', () => {
    it('externalTrafficPolicy Local keeps to the node’s endpoints and the client’s address, and drops without one', async () => {
      const ports = [{ name: 'p80', port: 80, nodePort: 30085 }];
      await publish(
        service({ clusterIP: '10.96.0.45', type: 'NodePort', externalTrafficPolicy: 'Local', ports }, 'ns1/local'),
        slice([local('10.244.1.3'), '10.244.2.2'], { service: 'ns1/local' }),
      );
      await serveTcp(net.kernel, net.pods.b.netns, 'b', 80);
      const expected = under.isRelayed ? 'b 10.244.1.1' : 'b 192.168.1.100';
      for (let index = 0; index < 4; index += 1)
        expect((await ask(net.kernel, net.client, '192.168.1.11', 30085)).text).toBe(expected);
      await endpoints(slice(['10.244.2.2'], { service: 'ns1/local' }));
      expect((await ask(net.kernel, net.client, '192.168.1.11', 30085, 400)).error).toBe('TIMEOUT');
    });
  });

  describe('session affinity', () => {
    it('sends a client to the same pod every time', async () => {
      await publish(
        service({ clusterIP: '10.96.0.46', sessionAffinity: 'ClientIP' }, 'ns1/sticky'),
        slice([local('10.244.1.3'), '10.244.2.2'], { service: 'ns1/sticky' }),
      );
      await serveTcp(net.kernel, net.pods.b.netns, 'b', 80);
      await serveTcp(net.kernel, net.pods.c.netns, 'c', 80);
      const first = (await ask(net.kernel, net.pods.a.netns, '10.96.0.46', 80)).text;
      // Without affinity 30 equal answers have a chance of 2⁻³⁰.
      for (let index = 0; index < 30; index += 1) {
        expect((await ask(net.kernel, net.pods.a.netns, '10.96.0.46', 80)).text).toBe(first);
      }
    });
  });

  describe('UDP', () => {
    const ports = [{ name: 'dns', port: 53, protocol: 'UDP' }];
    const targets = [{ name: 'dns', port: 1053, protocol: 'UDP' }];

    it('a client that keeps its port follows a replaced pod', async () => {
      await publish(
        service({ clusterIP: '10.96.0.53', ports }, 'ns1/udp'),
        slice([local('10.244.1.3')], { service: 'ns1/udp', ports: targets }),
      );
      const closeB = await serveUdp(net.kernel, net.pods.b.netns, 'b', 1053);
      await serveUdp(net.kernel, net.pods.c.netns, 'c', 1053);
      const client = await udpClient(net.kernel, net.pods.a.netns, '10.96.0.53', 53);
      expect(await client.ask()).toBe('b');
      closeB();
      await endpoints(slice(['10.244.2.2'], { service: 'ns1/udp', ports: targets }));
      expect(await client.ask()).toBe('c');
    });

    it('a client that asked too early is served once there is an endpoint', async () => {
      await publish(service({ clusterIP: '10.96.0.54', ports }, 'ns1/early'));
      const client = await udpClient(net.kernel, net.pods.a.netns, '10.96.0.54', 53);
      expect(await client.ask(100)).toBeUndefined();
      await serveUdp(net.kernel, net.pods.c.netns, 'c', 1053);
      await transport.create(ENDPOINT_SLICES, slice(['10.244.2.2'], { service: 'ns1/early', ports: targets }));
      await proxy.programmed();
      expect(await client.ask()).toBe('c');
    });

    it('flows of endpoints that stay are left alone', async () => {
      const { stdout: before } = await net.kernel.read(net.node, [
        'conntrack',
        '-L',
        '-p',
        'udp',
        '--orig-dst',
        '10.96.0.54',
      ]);
      const answers = under.isRelayed ? 'src=10.244.1.1 ' : 'src=10.244.2.2 ';
      expect(before).toContain(answers);
      await endpoints(slice([local('10.244.1.3'), '10.244.2.2'], { service: 'ns1/early', ports: targets }));
      const { stdout: after } = await net.kernel.read(net.node, [
        'conntrack',
        '-L',
        '-p',
        'udp',
        '--orig-dst',
        '10.96.0.54',
      ]);
      expect(after).toContain(answers);
    });
  });

  describe('the rules', () => {
    it('of other Services are not written when one changes', async () => {
      await serveTcp(net.kernel, net.pods.b.netns, 'b', 8080);
      await serveTcp(net.kernel, net.pods.c.netns, 'c', 8080);
      await ask(net.kernel, net.pods.a.netns, '10.96.0.41', 80);
      const traces = () => under.traces(net.kernel, net.node, 'ns1/web:p80');
      const before = await traces();
      expect(before.length).toBeGreaterThan(1);
      await publish(service({ clusterIP: '10.96.0.60' }, 'ns1/new'), slice(['10.244.2.2'], { service: 'ns1/new' }));
      await transport.delete(SERVICES, { namespace: 'ns1', name: 'new' });
      await proxy.programmed();
      expect(proxy.lastSync?.isFull).toBe(false);
      expect(await traces()).toEqual(before);
    });

    it('are repaired after a flush, and after someone deleted the chains', async () => {
      await serveTcp(net.kernel, net.pods.c.netns, 'c', 80);
      const reachable = async () => (await ask(net.kernel, net.pods.a.netns, '10.96.0.44', 80, 300)).text;
      expect(await reachable()).toContain('c');
      for (const flush of under.flushes) {
        await flush(net.kernel, net.node);
        expect(await reachable()).toBe('');
        expect(await proxy.checkRules()).toBe(false);
        expect(await reachable()).toContain('c');
        expect(await proxy.checkRules()).toBe(true);
      }
    });

    it('are the same after changes as after a full sync', async () => {
      const before = await under.rules(net.kernel, net.node);
      await under.lose(net.kernel, net.node);
      expect(await proxy.checkRules()).toBe(false);
      expect(proxy.lastSync?.isFull).toBe(true);
      expect(await under.rules(net.kernel, net.node)).toEqual(before);
    });

    it('answer health checks and metrics in the namespace of the node', async () => {
      const fetch = (port: number, path: string) =>
        new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
          const createConnection = () => net.kernel.sockets.connect(net.node, { host: '127.0.0.1', port });
          get({ createConnection, path }, (response) => {
            let body = '';
            response.on('data', (data) => {
              body += data;
            });
            response.on('end', () => resolve({ status: response.statusCode, body }));
          }).on('error', reject);
        });
      const health = await fetch(10256, '/healthz');
      expect(health.status).toBe(200);
      expect(Object.keys(JSON.parse(health.body))).toEqual(['lastUpdated', 'currentTime', 'nodeEligible']);
      expect((await fetch(10249, '/proxyMode')).body).toBe(under.mode);
      const metrics = async () => (await fetch(10249, '/metrics')).body;
      expect(await metrics()).toContain('kubeproxy_sync_proxy_rules_duration_seconds_count{ip_family="IPv4"}');
      // What the tests of UDP above have seen.
      const removed = /^kubeproxy_conntrack_reconciler_deleted_entries_total\{ip_family="IPv4"\} (\d+)$/m;
      if (under.isRelayed) expect(removed.exec(await metrics())?.[1]).toBe('0');
      else expect(Number(removed.exec(await metrics())?.[1])).toBeGreaterThan(0);
      const accepted = async () =>
        /^kubeproxy_iptables_localhost_nodeports_accepted_packets_total (\d+)$/m.exec(await metrics())?.[1];
      const before = await accepted();
      await ask(net.kernel, net.node, '127.0.0.1', 30080);
      if (under.mode === 'iptables') expect(Number(await accepted())).toBe(Number(before) + 1);
      else expect(before).toBeUndefined();
    });

    it('tell load balancers on the health check port whether this node has an endpoint', async () => {
      const check = () =>
        new Promise<{ status: number | undefined; weight: unknown; body: string }>((resolve, reject) => {
          const createConnection = () => net.kernel.sockets.connect(net.client, { host: '192.168.1.11', port: 32_100 });
          get({ createConnection, path: '/' }, (response) => {
            let body = '';
            response.on('data', (data) => {
              body += data;
            });
            const { statusCode: status, headers } = response;
            response.on('end', () => resolve({ status, weight: headers['x-load-balancing-endpoint-weight'], body }));
          }).on('error', reject);
        });
      const spec = { clusterIP: '10.96.0.70', type: 'LoadBalancer', externalTrafficPolicy: 'Local' };
      await publish(
        service(
          { ...spec, healthCheckNodePort: 32_100, ports: [{ name: 'p80', port: 80, nodePort: 30_170 }] },
          'ns1/lb',
        ),
        slice([local('10.244.1.3'), '10.244.2.2'], { service: 'ns1/lb' }),
      );
      const body = (count: number) =>
        `{\n\t"service": {\n\t\t"namespace": "ns1",\n\t\t"name": "lb"\n\t},\n\t"localEndpoints": ${count},\n\t"serviceProxyHealthy": true\n}`;
      expect(await check()).toEqual({ status: 200, weight: '1', body: body(1) });
      await endpoints(slice(['10.244.2.2'], { service: 'ns1/lb' }));
      expect(await check()).toEqual({ status: 503, weight: '0', body: body(0) });
      await transport.delete(SERVICES, { namespace: 'ns1', name: 'lb' });
      await proxy.programmed();
      await expect(check()).rejects.toThrow('ECONNREFUSED');
    });

    it('are gone after cleanup', async () => {
      await proxy.cleanup();
      expect(await under.left(net.kernel, net.node)).toEqual([]);
      const failures = warnings.filter((message) => !/^kube-proxy lost rules|now deprecated/.test(message));
      expect(failures).toEqual([]);
      await eventually(async () => (await ask(net.kernel, net.pods.a.netns, '10.96.0.44', 80, 200)).text === '');
    });
  });
}
