import { describe, expect, it } from 'vitest';
import { renderHops } from '../../src/walk/render-hops.ts';
import { captureWhile, trace } from '../../src/walk/trace.ts';
import { POINTS, replayingKernel } from './replay.ts';

const PING = { kind: 'echo', mark: Buffer.from('podwire-probe-01') } as const;
const CONNECTION = { kind: 'tcp', source: '192.168.1.100', sourcePort: 20_001 } as const;
const sent = async (): Promise<void> => undefined;

describe('trace, on recorded captures', () => {
  it('orders the hops of a ping across VXLAN', async () => {
    const { hops } = await trace(replayingKernel('ping'), POINTS, PING, sent);
    expect(hops).toHaveLength(24);
    const golden = hops.map((hop) =>
      renderHops([{ ...hop, at: 0 }])
        .join('\n')
        .trim(),
    );
    await expect(`${golden.join('\n')}\n`).toMatchFileSnapshot('recorded/ping/hops.golden.txt');
  });

  it('shows DNAT and SNAT of a NodePort, and how they are undone', async () => {
    const { hops } = await trace(replayingKernel('nodeport'), POINTS, CONNECTION, sent);
    const golden = renderHops(hops.map((hop) => ({ ...hop, at: 0 })));
    await expect(`${golden.join('\n')}\n`).toMatchFileSnapshot('recorded/nodeport/hops.golden.txt');
  });

  it('gives both headers of an encapsulated packet', async () => {
    const { hops } = await trace(replayingKernel('ping'), POINTS, PING, sent);
    const wire = hops.find(({ point, device }) => point.host === 'node-2' && device === 'eth0');
    expect(wire?.outer).toMatchObject({
      ip: { source: '192.168.1.11', destination: '192.168.1.12', protocol: 17 },
      udp: { destinationPort: 8472 },
      vxlan: { vni: 1, inner: { ethernet: { destination: '02:00:00:00:00:02' } } },
    });
    expect(wire?.packet.ip).toMatchObject({ source: '10.244.1.2', destination: '10.244.2.2' });
  });

  it('has times that never run backwards', async () => {
    const { hops } = await trace(replayingKernel('nodeport'), POINTS, CONNECTION, sent);
    const times = hops.map(({ at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times[0]).toBe(0);
  });

  it('finds no hop of a flow that was not sent', async () => {
    const absent = { kind: 'tcp', source: '192.168.1.100', sourcePort: 1 } as const;
    expect((await trace(replayingKernel('nodeport'), POINTS, absent, sent)).hops).toEqual([]);
  });
});

describe('captureWhile', () => {
  it('asks every tcpdump for its counts, then stops it', async () => {
    const signals: string[] = [];
    await captureWhile(replayingKernel('ping', signals), POINTS.slice(0, 1), sent);
    expect(signals.slice(0, 2)).toEqual(['SIGUSR1', 'SIGINT']);
  });

  it('kills every tcpdump when the probe fails', async () => {
    const signals: string[] = [];
    const failing = captureWhile(replayingKernel('ping', signals), POINTS, () => Promise.reject(new Error('no route')));
    await expect(failing).rejects.toThrow('no route');
    expect(signals).toEqual(POINTS.map(() => 'SIGKILL'));
  });
});
