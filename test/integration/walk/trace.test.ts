import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Hop } from '../../../src/walk/hops.ts';
import { renderHops } from '../../../src/walk/render-hops.ts';
import { captureWhile, trace } from '../../../src/walk/trace.ts';
import { buildTwoNodes, plainKernel, type TwoNodes } from './two-nodes.ts';

/** With RECORD=1 the raw captures become the fixture of the unit tests. */
const RECORDED = process.env.RECORD === '1' ? join(import.meta.dirname, '../../walk/recorded') : undefined;
const MARK = Buffer.from('podwire-probe-01');

const lab = `t${process.pid}-walk`;
let net: TwoNodes;
const raw = new Map<string, Buffer[]>();
const kernel = plainKernel((netns, chunk) => raw.set(netns, [...(raw.get(netns) ?? []), chunk]));

beforeAll(() => {
  net = buildTwoNodes(lab);
});
afterAll(() => net?.remove());

function places(hops: readonly Hop[]): string[] {
  return hops.map(({ point, device, direction }) => `${point.host} ${device} ${direction}`);
}

/** `recorded/NAME/`: a pcap per namespace, the devices' names by index, and what node-1's conntrack held. */
function record(name: string): void {
  if (RECORDED === undefined) return;
  const folder = join(RECORDED, name);
  mkdirSync(folder, { recursive: true });
  const links: Record<string, unknown> = {};
  for (const { netns, host } of net.points) {
    const where = netns.slice(lab.length + 1) as Parameters<TwoNodes['run']>[0];
    writeFileSync(join(folder, `${host.replace('/', '.')}.pcap`), Buffer.concat(raw.get(netns) ?? []));
    const all = JSON.parse(net.run(where, 'ip -json link show')) as { ifindex: number; ifname: string }[];
    links[host] = all.map(({ ifindex, ifname }) => ({ ifindex, ifname }));
  }
  writeFileSync(join(folder, 'links.generated.json'), `${JSON.stringify(links, null, 1)}\n`);
  writeFileSync(join(folder, 'conntrack.txt'), net.run('node-1', 'conntrack -L 2>/dev/null'));
}

describe('a walk over real namespaces', () => {
  it('follows a ping from pod to pod across VXLAN, there and back', async () => {
    raw.clear();
    const { hops } = await trace(kernel, net.points, { kind: 'echo', mark: MARK }, async () => {
      net.run('default.a', `ping -c 1 -W 5 -p ${MARK.toString('hex')} 10.244.2.2`);
    });
    record('ping');
    expect(places(hops.filter(({ way }) => way === 'there'))).toEqual([
      'default/a eth0 out',
      'node-1 vetha in',
      'node-1 cni0 in',
      'node-1 flannel.1 out',
      'node-1 eth0 out',
      'underlay node-1 in',
      'underlay node-2 out',
      'node-2 eth0 in',
      'node-2 flannel.1 in',
      'node-2 cni0 out',
      'node-2 vethb out',
      'default/b eth0 in',
    ]);
    const wire = hops.find(({ point, device }) => point.host === 'node-1' && device === 'eth0')!;
    expect(wire.outer).toMatchObject({
      ip: { source: '192.168.1.11', destination: '192.168.1.12' },
      udp: { destinationPort: 8472 },
      vxlan: { vni: 1, inner: { ethernet: { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' } } },
    });
    expect(hops.at(-1)).toMatchObject({ point: { host: 'default/a' }, direction: 'in', way: 'back' });
  });

  it('follows a TCP connection through DNAT and SNAT, with conntrack as evidence', async () => {
    raw.clear();
    const listen = "require('node:http').createServer((_, response) => response.end('b')).listen(80, '10.244.2.2')";
    const server = plainKernel().spawn(net.netns('default.b'), [process.execPath, '-e', listen]);
    try {
      await expect.poll(() => net.run('default.b', 'ss -Hltn sport = :80')).toContain('LISTEN');
      const flow = { kind: 'tcp', source: '192.168.1.100', sourcePort: 20_001 } as const;
      const { hops } = await trace(kernel, net.points, flow, async () => {
        net.run('client', 'curl -s -o /dev/null --max-time 5 --local-port 20001 http://192.168.1.11:30080/');
      });
      record('nodeport');
      const there = hops.filter(({ way }) => way === 'there');
      const at = there.find(({ translations }) => translations.length > 0)!;
      expect(at.point.host).toBe('node-1');
      expect(at.translations.map(({ action }) => action)).toEqual(['DNAT', 'SNAT']);
      expect(at.translations[0]).toMatchObject({ from: '192.168.1.11:30080', to: '10.244.2.2:80' });
      expect(at.translations[1]?.evidence).toContain('sport=20001');
      expect(there.at(-1)).toMatchObject({ point: { host: 'default/b' }, packet: { ip: { source: '10.244.1.0' } } });
      expect(hops.flatMap(({ translations }) => translations).filter(({ reversed }) => reversed)).toHaveLength(2);
      expect(renderHops(hops).join('\n')).toContain('DNAT: 192.168.1.11:30080 → 10.244.2.2:80');
    } finally {
      server.kill('SIGKILL');
      await server.exited;
    }
  });

  it('leaves no tcpdump behind when the probe fails', async () => {
    const failing = captureWhile(kernel, net.points, async () => {
      throw new Error('no probe');
    });
    await expect(failing).rejects.toThrow('no probe');
    expect(processesIn(net.netns('node-1'))).toEqual([]);
  });

  it('says why a capture cannot start', async () => {
    const gone = [{ netns: `${lab}.gone`, host: 'gone', role: 'node' as const }];
    await expect(captureWhile(kernel, gone, async () => undefined)).rejects.toThrow(`capture in ${lab}.gone`);
  });
});

function processesIn(netns: string): string[] {
  return execFileSync('ip', ['netns', 'pids', netns], { encoding: 'utf8' }).split('\n').filter(Boolean);
}
