import { describe, expect, it } from 'vitest';
import { absenceChecks, hopChecks } from '../../src/scenario/steps/match-hops.ts';
import type { Hop } from '../../src/walk/hops.ts';
import { trace } from '../../src/walk/trace.ts';
import { POINTS, replayingKernel } from '../walk/replay.ts';

async function recorded(name: 'ping' | 'nodeport'): Promise<readonly Hop[]> {
  const flow =
    name === 'ping'
      ? ({ kind: 'echo', mark: Buffer.from('podwire-probe-01') } as const)
      : ({ kind: 'tcp', source: '192.168.1.100', sourcePort: 20_001 } as const);
  return (await trace(replayingKernel(name), POINTS, flow, async () => undefined)).hops;
}
const ping = await recorded('ping');
const nodePort = await recorded('nodeport');

describe('hopChecks', () => {
  it('finds hops in their order, others between them', () => {
    const checks = hopChecks(
      [
        { host: 'default/a', device: 'eth0', direction: 'out', source: '10.244.1.2', destination: '10.244.2.2' },
        { host: 'node-1', device: 'veth*' },
        {
          host: 'underlay',
          protocol: 'VXLAN',
          outer: { source: '192.168.1.11', destination: '192.168.1.12:8472', vni: 1 },
          frame: { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' },
        },
        { host: 'default/a', direction: 'in', way: 'back' },
      ],
      ping,
    );
    expect(checks.map(({ held }) => held)).toEqual([true, true, true, true]);
    expect(checks[1]?.observed).toBe('node-1 vetha in: 10.244.1.2 > 10.244.2.2: ICMP echo request');
  });

  it('does not accept them in another order', () => {
    const checks = hopChecks(
      [
        { host: 'node-2', way: 'there' },
        { host: 'node-1', way: 'there' },
      ],
      ping,
    );
    expect(checks.map(({ held }) => held)).toEqual([true, false]);
  });

  it('says what came closest to a hop that is missing', () => {
    const [check] = hopChecks([{ host: 'node-1', device: 'eth0', outer: { vni: 7 } }], ping);
    expect(check).toMatchObject({ held: false, expected: 'node-1 eth0, outside any > any, vni 7' });
    expect(check?.observed).toMatch(/^closest: node-1 eth0 out: 192\.168\.1\.11:\d+ > 192\.168\.1\.12:8472: VXLAN/);
    expect(hopChecks([{ host: 'elsewhere' }], ping)[0]?.observed).toMatch(
      /^not seen there; last seen at default\/a eth0 in/,
    );
    expect(hopChecks([{ host: 'elsewhere' }], [])[0]?.observed).toBe('the packet was not seen any more');
  });

  it('knows what conntrack did', () => {
    const [both, one] = hopChecks([{ action: ['DNAT', 'SNAT'] }, { action: 'SNAT', way: 'back' }], nodePort);
    expect(both).toMatchObject({ held: true, expected: 'any host any device, after DNAT and SNAT' });
    expect(both?.observed).toMatch(/^node-1 flannel\.1 out: .*; DNAT 192\.168\.1\.11:30080 → 10\.244\.2\.2:80; SNAT/);
    expect(one?.held).toBe(true);
  });
});

describe('absenceChecks', () => {
  it('holds where no hop fits', () => {
    expect(absenceChecks([{ action: 'DNAT' }, { host: 'node-2' }, { host: 'node-9' }], ping, ['node-2'])).toMatchObject(
      [
        { held: true, observed: 'none' },
        { held: false, observed: expect.stringContaining('node-2 eth0 in') },
        { held: false, observed: 'nothing was captured on node-9: there are node-2' },
      ],
    );
  });
});
