/** Services over SCTP on a kernel without SCTP sockets: raw packets show where rules lead them. (Associations: test/integration/equivalence, in User-mode Linux.) */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENDPOINT_SLICES, SERVICES } from '../../../src/objects/resource.ts';
import { KubeProxy } from '../../../src/proxy/kube-proxy.ts';
import { NODE, service, slice } from '../../proxy/fixtures.ts';
import { MemoryTransport } from '../../support/memory-transport.ts';
import { eventually, scratch } from '../scratch.ts';
import { INIT, INIT_ACK, RawSctp, type SctpPacket } from './sctp-packets.ts';
import { type TwoNodes, twoNodes } from './two-nodes.ts';

const CLUSTER_IP = '10.96.0.41';
const lab = scratch();
const transport = new MemoryTransport();
let net: TwoNodes;
let proxy: KubeProxy;

beforeAll(async () => {
  net = await twoNodes(lab);
  const silent = () => undefined;
  proxy = new KubeProxy({
    nodeName: NODE,
    netns: net.node,
    nodeIPs: ['192.168.1.11'],
    clusterCIDRs: ['10.244.0.0/16'],
    serviceCIDRs: ['10.96.0.0/12'],
    mode: 'iptables',
    transport,
    kernel: net.kernel,
    log: { info: silent, warn: silent, error: silent },
    serveHealth: false,
  });
  const ports = [{ name: 'sctp', port: 80, protocol: 'SCTP', nodePort: 30_080 }];
  await transport.create(SERVICES, service({ clusterIP: CLUSTER_IP, type: 'NodePort', ports }, 'ns1/sctp'));
  const targets = [{ name: 'sctp', port: 8080, protocol: 'SCTP' }];
  await transport.create(ENDPOINT_SLICES, slice(['10.244.1.3', '10.244.2.2'], { service: 'ns1/sctp', ports: targets }));
  await proxy.start();
});

afterAll(() => proxy?.stop());

describe.each(['iptables', 'nftables'] as const)('SCTP in mode %s', (mode) => {
  const open: RawSctp[] = [];
  const raw = (netns: string) => {
    const made = new RawSctp(net.kernel, netns);
    open.push(made);
    return made;
  };

  beforeAll(async () => {
    await proxy.switchMode(mode);
  });
  afterAll(() => {
    for (const each of open) each.close();
  });

  /** An INIT of its own; whoever gets it, and what it has become. */
  async function init(from: RawSctp, to: string, port: number, servers: Record<string, RawSctp>, sourcePort: number) {
    from.send(to, { sourcePort, port, tag: 0, chunk: INIT, initTag: sourcePort });
    return await eventually(() => {
      for (const [name, server] of Object.entries(servers)) {
        for (let packet = server.receive(); packet !== undefined; packet = server.receive())
          if (packet.chunk === INIT && packet.initTag === sourcePort) return { name, packet };
      }
      return undefined;
    });
  }

  const firstPort = mode === 'iptables' ? 20_000 : 21_000;

  it('leads a pod’s association to either endpoint, and the answer back by the cluster IP', async () => {
    const client = raw(net.pods.a.netns);
    const servers = { b: raw(net.pods.b.netns), c: raw(net.pods.c.netns) };
    const seen = new Set<string>();
    // With two endpoints, 30 in a row at one have a chance of 2⁻²⁹.
    for (let count = 0; count < 30 && seen.size < 2; count += 1) {
      const { name, packet } = await init(client, CLUSTER_IP, 80, servers, firstPort + count);
      seen.add(name);
      const { ip } = net.pods[name as 'b' | 'c'];
      expect(packet).toMatchObject({
        source: '10.244.1.2',
        destination: ip,
        port: 8080,
        sourcePort: firstPort + count,
      });
      servers[name as 'b' | 'c'].send(packet.source, {
        sourcePort: 8080,
        port: packet.sourcePort,
        tag: packet.initTag,
        chunk: INIT_ACK,
        initTag: 7,
      });
      const answer = await eventually(() => answerTo(client, packet));
      expect(answer).toMatchObject({
        source: CLUSTER_IP,
        sourcePort: 80,
        port: packet.sourcePort,
        tag: packet.initTag,
      });
    }
    expect([...seen].sort()).toEqual(['b', 'c']);
  });

  it('leads the outside client’s by the node port, masqueraded', async () => {
    const client = raw(net.client);
    const servers = { b: raw(net.pods.b.netns), c: raw(net.pods.c.netns) };
    const { name, packet } = await init(client, '192.168.1.11', 30_080, servers, firstPort + 100);
    const source = name === 'b' ? '10.244.1.1' : '192.168.1.11';
    expect(packet).toMatchObject({ source, destination: net.pods[name as 'b' | 'c'].ip, port: 8080 });
  });
});

function answerTo(client: RawSctp, { initTag }: SctpPacket): SctpPacket | undefined {
  for (let packet = client.receive(); packet !== undefined; packet = client.receive())
    if (packet.chunk === INIT_ACK && packet.tag === initTag) return packet;
  return undefined;
}
