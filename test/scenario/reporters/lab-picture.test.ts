import { describe, expect, it } from 'vitest';
import type { LabSnapshot } from '../../../src/lab/lab-snapshot.ts';
import { labPicture } from '../../../src/scenario/reporters/pictures/lab-picture.ts';
import { SNAPSHOT } from './played.ts';
import { outside, overlaps, readSvg } from './read-svg.ts';

const [NODE] = SNAPSHOT.nodes;
const IPV6 = 'fd00:10:244:1234:5678:9abc:def0:1234';

/** A lab that is hard to draw: many nodes, pods and Services, long names, both families. */
const CROWDED: LabSnapshot = {
  ...SNAPSHOT,
  nodes: Array.from({ length: 7 }, (_, index) => ({
    ...NODE!,
    name: index === 3 ? `${'a-long-name-'.repeat(6)}.example.org` : `node-${index}`,
    ready: index !== 5,
    ips: index % 2 === 0 ? ['192.168.1.11'] : ['192.168.1.11', IPV6],
  })),
  pods: Array.from({ length: 60 }, (_, index) => ({
    ...SNAPSHOT.pods[0]!,
    namespace: index % 4 === 0 ? 'other' : 'own',
    name: `a-deployment-with-a-long-name-${index}-7d9c5b8f6-x${index}z`,
    node: `node-${index < 40 ? 1 : index % 7}`,
    ips: index % 5 === 0 ? [`10.244.1.${index}`, IPV6] : [`10.244.1.${index}`],
    phase: index % 11 === 0 ? 'Terminating' : 'Running',
    ready: index % 11 > 1,
  })),
  services: Array.from({ length: 30 }, (_, index) => ({
    namespace: index < 6 ? 'own' : 'other',
    name: `service-${index}`,
    type: 'NodePort',
    clusterIP: '10.96.0.5',
    clusterIPs: ['10.96.0.5', IPV6],
    ports: ['80:30080/TCP', '443:30443/TCP'],
    endpoints: Array.from({ length: 60 }, (_, pod) => pod)
      .filter((pod) => pod % (index + 1) === 0)
      .map((pod) => `10.244.1.${pod}:80`),
  })),
};

const faults = [
  { target: 'client', fault: { lossPercent: 5 } },
  { target: 'node-2', fault: { cut: true } },
  { target: 'own/a-deployment-with-a-long-name-1-7d9c5b8f6-x1z', fault: { mtu: 1300 } },
] as const;

describe('labPicture', () => {
  it.each([
    ['a small lab', SNAPSHOT, 'first-1a2b'],
    ['a crowded lab', CROWDED, 'own'],
    ['no pods and no hosts', { ...SNAPSHOT, pods: [], hosts: [] }, undefined],
  ] as const)('keeps every text in the picture and apart from the others: %s', (_, snapshot, namespace) => {
    for (const language of ['en', 'zh'] as const) {
      const drawn = readSvg(labPicture({ snapshot, faults }, namespace, language));
      expect(outside(drawn)).toEqual([]);
      expect(overlaps(drawn.texts)).toEqual([]);
    }
  });

  it('counts what is too much to draw', () => {
    const { texts } = readSvg(labPicture({ snapshot: CROWDED, faults: [] }, 'own', 'en'));
    const more = texts.map(({ content }) => content).filter((content) => /^and \d+ more$/.test(content));
    // Of 42 pods on node-1 32 are drawn, of 30 Services 24.
    expect(more).toEqual(['and 11 more', 'and 6 more']);
  });

  it('numbers Services, and pods with the Services they are endpoints of, in both families', () => {
    const pod = { ...SNAPSHOT.pods[0]!, ips: ['10.244.1.2', IPV6] };
    const services = ['10.244.1.2:80', `[${IPV6}]:80`, '10.244.1.20:80'].map((endpoint, index) => ({
      ...CROWDED.services[0]!,
      name: `service-${index}`,
      endpoints: [endpoint],
    }));
    const svg = labPicture({ snapshot: { ...SNAPSHOT, pods: [pod], services }, faults: [] }, undefined, 'en');
    const [, own = ''] = /<g class="box pod[^"]*">(.*?)<g class="box service/s.exec(svg) ?? [];
    const numbers = [...own.matchAll(/class="badge">.*?>(\d)<\/text>/g)].map(([, number]) => number);
    expect(numbers.sort()).toEqual(['1', '2']);
  });

  it('shows whose link has a fault', () => {
    const svg = labPicture({ snapshot: CROWDED, faults }, 'own', 'en');
    expect([...svg.matchAll(/class="wire faulty"/g)]).toHaveLength(2);
    const alarms = [...svg.matchAll(/class="alarm"[^>]*>(link: [^<]*)</g)].map(([, text]) => text);
    expect(alarms.sort()).toEqual(['link: cut', 'link: loss 5%', 'link: mtu 1300']);
  });
});
