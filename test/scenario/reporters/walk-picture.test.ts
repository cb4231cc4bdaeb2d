import { describe, expect, it } from 'vitest';
import { walkPicture } from '../../../src/scenario/reporters/pictures/walk-picture.ts';
import type { Hop } from '../../../src/walk/hops.ts';
import { trace } from '../../../src/walk/trace.ts';
import { POINTS, replayingKernel } from '../../walk/replay.ts';
import { outside, overlaps, readSvg } from './read-svg.ts';

const ping = await trace(
  replayingKernel('ping'),
  POINTS,
  { kind: 'echo', mark: Buffer.from('podwire-probe-01') },
  async () => undefined,
);
const nodePort = await trace(
  replayingKernel('nodeport'),
  POINTS,
  { kind: 'tcp', source: '192.168.1.100', sourcePort: 20_001 },
  async () => undefined,
);

/** The same walk with other names. */
function renamed(hops: readonly Hop[], host: string, to: string): Hop[] {
  return hops.map((hop) => (hop.point.host === host ? { ...hop, point: { ...hop.point, host: to } } : hop));
}

describe('walkPicture', () => {
  it('draws a ping through VXLAN', async () => {
    const svg = walkPicture(ping.hops, 'en');
    await expect(`${svg}\n`).toMatchFileSnapshot('golden/walk-ping.svg');
  });

  it('draws a connection through a NodePort, in Chinese', async () => {
    const svg = walkPicture(nodePort.hops, 'zh');
    await expect(`${svg}\n`).toMatchFileSnapshot('golden/walk-nodeport.svg');
  });

  it('says at the hop where it happened what conntrack did, and what is around the packet', () => {
    const { texts } = readSvg(walkPicture(nodePort.hops, 'en'));
    const said = texts.map(({ content }) => content).filter((content) => content.includes('→'));
    expect(said.map((content) => content.replace(/:\d{4,}/g, ':PORT'))).toEqual([
      '192.168.1.100:PORT → 192.168.1.11:PORT  TCP SYN',
      'DNAT  192.168.1.11:PORT → 10.244.2.2:80',
      'SNAT  192.168.1.100:PORT → 10.244.1.0:PORT',
      'VXLAN vni 1  192.168.1.11:PORT → 192.168.1.12:PORT',
      '10.244.1.0:PORT → 10.244.2.2:80  TCP SYN',
      '10.244.2.2:80 → 10.244.1.0:PORT  TCP SYN+ACK',
      'VXLAN vni 1  192.168.1.12:PORT → 192.168.1.11:PORT',
      'SNAT undone  10.244.1.0:PORT → 192.168.1.100:PORT',
      'DNAT undone  10.244.2.2:80 → 192.168.1.11:PORT',
      '192.168.1.11:PORT → 192.168.1.100:PORT  TCP SYN+ACK',
    ]);
  });

  it.each([
    ['a ping', ping.hops],
    ['a NodePort', nodePort.hops],
    ['half of it', nodePort.hops.slice(0, 7)],
    ['one hop', nodePort.hops.slice(0, 1)],
    ['a long name', renamed(nodePort.hops, 'node-1', 'a'.repeat(253))],
  ])('keeps every text in the picture and apart from the others: %s', (_, hops) => {
    for (const language of ['en', 'zh'] as const) {
      const drawn = readSvg(walkPicture(hops, language));
      expect(drawn.texts.length).toBeGreaterThan(0);
      expect(outside(drawn)).toEqual([]);
      expect(overlaps(drawn.texts)).toEqual([]);
    }
  });

  it('marks a packet that nobody answered', () => {
    const there = ping.hops.filter(({ way }) => way === 'there');
    expect(walkPicture(there, 'en')).toContain('no answer seen');
    expect(walkPicture(ping.hops, 'en')).not.toContain('no answer seen');
    expect(walkPicture([], 'en')).toBe('');
  });

  it('takes names as text, never as markup', () => {
    const svg = walkPicture(renamed(ping.hops, 'node-1', '<script>"&]]>\u001b[31m'), 'en');
    expect(svg).not.toContain('<script');
    expect(svg).not.toContain('\u001b');
    expect(svg).toContain('&lt;script&gt;&quot;&amp;]]&gt;\ufffd[31m');
  });
});
