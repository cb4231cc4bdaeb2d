import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROXY_MODES } from '../../../src/objects/proxy-mode.ts';
import { ServicePortTracker } from '../../../src/proxy/service-port-tracker.ts';
import { applyChange, arbitraryChange } from '../arbitrary-changes.ts';
import { NODE, service, slice, viewsOf } from '../fixtures.ts';
import type { Outcome, Packet } from './iptables/packet-flow.ts';
import { MODELLED, type Modelled } from './modelled.ts';

// Syncs that end half-way, and packets that pass meanwhile. A counterexample is printed with its seed and shrunk.

const POD = { source: '10.244.1.9', device: 'cni0' };
const NODE_ITSELF = { source: '192.168.1.11' };
const OUTSIDE = { source: '203.0.113.5', device: 'eth0' };

/** What packets there may be of the Services that `arbitraryChange` makes. */
const PACKETS: Packet[] = [0, 1, 2, 3].flatMap((index) => [
  { ...POD, destination: `10.96.0.${index + 1}`, port: 80 },
  { ...NODE_ITSELF, destination: `10.96.0.${index + 1}`, port: 443 },
  { ...OUTSIDE, destination: '192.168.1.11', port: 30_080 + index * 1000 },
  { ...OUTSIDE, destination: `192.0.2.${index + 1}`, port: 80 },
  { ...POD, destination: `198.51.100.${index + 1}`, port: 443 },
  { ...OUTSIDE, destination: `198.51.100.${index + 1}`, port: 80 },
]);

const interruption = fc.record({ kind: fc.constant('cut' as const), after: fc.nat({ max: 6 }) });
const damage = fc.record({ kind: fc.constant('flush' as const) });
const history = fc.array(fc.oneof({ weight: 6, arbitrary: arbitraryChange }, interruption, damage), { maxLength: 20 });

/** Who serves a packet (`10.244.1.2:8080 masqueraded`), or why nobody does. */
const NOBODY = 'nobody';

function fates(kernel: Modelled, packets: readonly Packet[]): Set<string>[] {
  return packets.map((packet) => {
    const fate = ({ verdict, destination, isMasqueraded }: Outcome) => {
      if (verdict !== 'ACCEPT' || destination === `${packet.destination}:${packet.port}`) return NOBODY;
      return `${destination}${isMasqueraded ? ' masqueraded' : ''}`;
    };
    return new Set(kernel.flow(packet).map(fate));
  });
}

function whole(mode: keyof typeof MODELLED, views: ReturnType<ServicePortTracker['update']>['views']): Modelled {
  const kernel = MODELLED[mode]();
  for (const step of kernel.steps(views)) step();
  return kernel;
}

describe.each(PROXY_MODES)('mode %s', (mode) => {
  it('any changes, with syncs cut short and rules flushed, end in the rules of one full sync', () => {
    fc.assert(
      fc.property(history, (changes) => {
        const tracker = new ServicePortTracker({ nodeName: NODE, family: 4 });
        const kernel = MODELLED[mode]();
        for (const change of changes) {
          if (change.kind === 'flush') {
            kernel.flush();
            kernel.forget();
          } else if (change.kind === 'cut')
            for (const step of kernel.steps(tracker.update().views).slice(0, change.after)) step();
          else if (change.kind === 'lost') kernel.forget();
          else if (change.kind === 'sync') for (const step of kernel.steps(tracker.update().views)) step();
          else applyChange(tracker, change);
        }
        const { views } = tracker.update();
        for (const step of kernel.steps(views)) step();
        // Real servers of ipvs that are leaving leave.
        for (const step of kernel.steps(views)) step();
        expect(kernel.dump()).toBe(whole(mode, views).dump());
      }),
      { numRuns: 150 },
    );
  });

  it('at each moment of a sync a packet is served as before it or as behind it, and by nobody only where it was or will be so', () => {
    fc.assert(
      fc.property(history, (changes) => {
        const tracker = new ServicePortTracker({ nodeName: NODE, family: 4 });
        const kernel = MODELLED[mode]();
        for (const step of kernel.steps(new Map())) step();
        for (const change of changes) {
          if (change.kind === 'flush' || change.kind === 'lost') kernel.forget();
          if (change.kind !== 'sync' && change.kind !== 'cut') {
            if (change.kind !== 'flush') applyChange(tracker, change);
            continue;
          }
          const { views } = tracker.update();
          const before = fates(kernel, PACKETS);
          const after = fates(whole(mode, views), PACKETS);
          const steps = kernel.steps(views);
          for (const step of change.kind === 'cut' ? steps.slice(0, change.after) : steps) {
            step();
            for (const [index, now] of fates(kernel, PACKETS).entries())
              for (const fate of now)
                expect(
                  before[index]!.has(fate) || after[index]!.has(fate),
                  `${JSON.stringify(PACKETS[index])} meets ${fate}; before ${[...before[index]!]}, after ${[...after[index]!]}`,
                ).toBe(true);
          }
        }
      }),
      { numRuns: 40 },
    );
  }, 30_000);
});

describe.each(PROXY_MODES)('what stands in mode %s', (mode) => {
  it('is found whole after any changes, and not when any one rule or entry is gone, or another; the next sync brings it back', () => {
    fc.assert(
      fc.property(history, fc.nat({ max: 500 }), fc.boolean(), (changes, which, isLost) => {
        const tracker = new ServicePortTracker({ nodeName: NODE, family: 4 });
        const kernel = MODELLED[mode]();
        const sync = () => {
          for (const step of kernel.steps(tracker.update().views)) step();
        };
        sync();
        for (const change of changes)
          if (change.kind === 'sync') sync();
          else if (change.kind !== 'cut' && change.kind !== 'flush') applyChange(tracker, change);
        sync();
        expect(kernel.differences()).toEqual([]);
        // Real servers of ipvs that are leaving leave.
        sync();
        const before = kernel.dump();
        fc.pre(isLost ? kernel.loseOne(which) : kernel.changeOne(which));
        expect(kernel.differences(), `number ${which} is ${isLost ? 'gone' : 'another'}`).not.toEqual([]);
        kernel.forget();
        sync();
        expect(kernel.dump()).toBe(before);
      }),
      { numRuns: 100 },
    );
  });
});

describe.each([
  ['iptables', 260],
  ['userspace', 260],
  ['nftables', 1_010],
  ['ipvs', 60],
] as const)('a large load in mode %s, %i Services', (mode, count) => {
  const ip = (index: number) => `10.96.${index >> 8}.${index & 255}`;
  const services = Array.from({ length: count }, (_, index) => service({ clusterIP: ip(index) }, `ns/s${index}`));
  const slices = services.map((_, index) => slice(['10.244.1.2', '10.244.2.2'], { service: `ns/s${index}` }));
  const views = viewsOf(services, slices);
  const packets = [0, count >> 1, count - 1].map((index) => ({ ...POD, destination: ip(index), port: 80 }));

  it('may end at any step: each Service is there or not, none in part, and the next sync makes it whole', () => {
    const wanted = whole(mode, views);
    const served = fates(wanted, packets);
    const length = MODELLED[mode]().steps(views).length;
    // Steps of ipvs are lines: some of them stand for all.
    const cuts = Array.from({ length }, (_, index) => index).filter((index) => length < 30 || index % 97 === 0);
    for (const cut of cuts) {
      const kernel = MODELLED[mode]();
      for (const step of kernel.steps(views).slice(0, cut)) step();
      for (const [index, now] of fates(kernel, packets).entries()) {
        expect([[...served[index]!], [NOBODY]], `${packets[index]!.destination} after step ${cut}`).toContainEqual([
          ...now,
        ]);
      }
      for (const step of kernel.steps(views)) step();
      expect(kernel.dump() === wanted.dump(), `the rules after step ${cut}`).toBe(true);
    }
  }, 60_000);
});
