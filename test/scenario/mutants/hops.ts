/** False claims of a walk: hops elsewhere, in another direction, on the other way, of other packets, in another order. */
import type { HopMatcher } from '../../../src/scenario/definition/matchers.ts';
import { inEach, type Mutant, mutant, NOWHERE, within } from './mutant.ts';

const OTHER_ADDRESS = '203.0.113.250';
const PROTOCOLS = ['TCP', 'UDP', 'ICMP', 'VXLAN'] as const;

/** Of hops that must be there. */
export function ofHops(hops: readonly HopMatcher[], where: string): Mutant<HopMatcher[]>[] {
  const swapped = hops.slice(1).flatMap((hop, index) => {
    const [before, after] = [hops[index]!, hop];
    const other = hops.with(index, after).with(index + 1, before);
    return [{ what: `${where}[${index}] and [${index + 1}] in the other order`, claim: other }];
  });
  return [...inEach(hops, where, ofHop), ...swapped];
}

/** Of hops that must not be: each made into one that is there, and into one of a place that is not. */
export function ofAbsent(
  absent: readonly HopMatcher[],
  where: string,
  seenAt: readonly string[],
): Mutant<HopMatcher[]>[] {
  return inEach(absent, where, (_, at) => [
    ...seenAt.slice(0, 1).map((host) => mutant<HopMatcher>(at, { host })),
    mutant<HopMatcher>(at, { host: NOWHERE }),
  ]);
}

function ofHop(hop: HopMatcher, where: string): Mutant<HopMatcher>[] {
  const changed = <K extends keyof HopMatcher>(key: K, values: readonly HopMatcher[K][]): Mutant<HopMatcher>[] =>
    hop[key] === undefined
      ? []
      : values.map((value) => within([mutant(`${where}.${key}`, value)], (part) => ({ ...hop, [key]: part }))[0]!);
  const { outer, frame } = hop;
  return [
    ...changed('host', [NOWHERE]),
    ...changed('device', [NOWHERE, `${NOWHERE}*`]),
    ...changed('direction', [hop.direction === 'in' ? 'out' : 'in']),
    ...changed('way', [hop.way === 'back' ? 'there' : 'back']),
    ...changed(
      'protocol',
      PROTOCOLS.filter((one) => one !== hop.protocol),
    ),
    ...changed('action', otherActions(hop.action)),
    ...ofEnds(hop, where),
    ...(outer === undefined
      ? []
      : within(
          [
            ...ofEnds(outer, `${where}.outer`),
            ...(outer.vni === undefined ? [] : [mutant(`${where}.outer.vni`, { ...outer, vni: outer.vni + 1 })]),
          ],
          (part) => ({ ...hop, outer: part }),
        )),
    ...(frame === undefined ? [] : within(ofEnds(frame, `${where}.frame`), (part) => ({ ...hop, frame: part }))),
  ];
}

/** Of a packet that was translated in both ways no other can be claimed. */
function otherActions(action: HopMatcher['action']): HopMatcher['action'][] {
  const [one, ...more] = [action ?? []].flat();
  return more.length > 0 ? [] : [one === 'DNAT' ? 'SNAT' : 'DNAT', ['DNAT', 'SNAT']];
}

interface Ends {
  readonly source?: string | undefined;
  readonly destination?: string | undefined;
}

/** Another address, another port, and the ends exchanged. */
function ofEnds<T extends Ends>(ends: T, where: string): Mutant<T>[] {
  const { source, destination } = ends;
  const both = source !== undefined && destination !== undefined;
  return [
    ...(['source', 'destination'] as const).flatMap((side) =>
      (ends[side] === undefined ? [] : otherEnds(ends[side])).map((end) =>
        mutant<T>(`${where}.${side}`, { ...ends, [side]: end }),
      ),
    ),
    ...(both ? [mutant<T>(where, { ...ends, source: destination, destination: source })] : []),
  ];
}

function otherEnds(end: string): string[] {
  const [, host, port] = /^(.+):(\d+)$/.exec(end.includes(']') || end.split(':').length === 2 ? end : '') ?? [];
  return port === undefined ? [OTHER_ADDRESS] : [`${host}:${Number(port) + 1}`, `${OTHER_ADDRESS}:${port}`];
}
