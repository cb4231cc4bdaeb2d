/** Expected hops beside a walk: in their order, others may lie between. Pure. */
import { endpoint } from '../../walk/describe-packet.ts';
import type { Hop } from '../../walk/hops.ts';
import type { Packet } from '../../walk/packet.ts';
import type { HopMatcher } from '../definition/matchers.ts';
import type { Check } from '../events.ts';

/**
 * Each expected hop with the one found for it, behind the one before. A missing one does not make those behind it fail.
 * One that does not say `way: back` is on the way there: else the answer, which passes the same places, would do for it.
 */
export function matchHops(
  expected: readonly HopMatcher[],
  hops: readonly Hop[],
): { matcher: HopMatcher; hop?: Hop; from: number }[] {
  let from = 0;
  return expected.map((given) => {
    const matcher = { ...given, way: given.way ?? ('there' as const) };
    const index = hops.findIndex((hop, at) => at >= from && fits(matcher, hop));
    const hop = hops[index];
    const match = { matcher, from, ...(hop === undefined ? {} : { hop }) };
    if (hop !== undefined) from = index + 1;
    return match;
  });
}

/** One check per expected hop. */
export function hopChecks(expected: readonly HopMatcher[], hops: readonly Hop[]): Check[] {
  return matchHops(expected, hops).map(({ matcher, hop, from }) => ({
    expected: describeMatcher(matcher),
    observed: hop === undefined ? nearest(matcher, hops.slice(from)) : describeHop(hop),
    held: hop !== undefined,
  }));
}

/** One check per hop that must not be, on either way. Of a place that was not `watched` nothing can be said. */
export function absenceChecks(
  absent: readonly HopMatcher[],
  hops: readonly Hop[],
  watched: readonly string[],
): Check[] {
  return absent.map((matcher) => {
    const expected = `no hop: ${describeMatcher(matcher)}`;
    const { host } = matcher;
    if (host !== undefined && !watched.includes(host))
      return { expected, observed: `nothing was captured on ${host}: there are ${watched.join(', ')}`, held: false };
    const found = hops.find((hop) => fits(matcher, hop));
    return {
      expected,
      observed: found === undefined ? 'none' : describeHop(found),
      held: found === undefined,
    };
  });
}

/** `node-1 eth0 out: 192.168.1.11 > …`. */
export function describeHop(hop: Hop): string {
  const changes = hop.translations.map(({ action, from, to }) => `${action} ${from} → ${to}`);
  return [`${hop.point.host} ${hop.device} ${hop.direction}: ${hop.summary}`, ...changes].join('; ');
}

function fits(matcher: HopMatcher, hop: Hop): boolean {
  return unfitting(matcher, hop) === 0;
}

/** How many of the fields given do not fit. */
function unfitting(matcher: HopMatcher, hop: Hop): number {
  const { outer, frame } = matcher;
  const ethernet = hop.outer?.vxlan?.inner.ethernet;
  const tests = [
    matcher.host === undefined || matcher.host === hop.point.host,
    matcher.device === undefined || glob(matcher.device, hop.device),
    matcher.direction === undefined || matcher.direction === hop.direction,
    matcher.way === undefined || matcher.way === hop.way,
    matcher.protocol === undefined || matcher.protocol === protocolOf(hop),
    hasEnds(matcher, hop.packet),
    outer === undefined || (hop.outer !== undefined && hasEnds(outer, hop.outer)),
    outer?.vni === undefined || outer.vni === hop.outer?.vxlan?.vni,
    frame?.source === undefined || frame.source === ethernet?.source,
    frame?.destination === undefined || frame.destination === ethernet?.destination,
    actionsOf(matcher).every((wanted) => hop.translations.some(({ action }) => action === wanted)),
  ];
  return tests.filter((held) => !held).length;
}

function actionsOf({ action = [] }: HopMatcher): readonly string[] {
  return typeof action === 'string' ? [action] : action;
}

function protocolOf(hop: Hop): string {
  if (hop.outer !== undefined) return 'VXLAN';
  if (hop.packet.tcp !== undefined) return 'TCP';
  return hop.packet.udp === undefined ? 'ICMP' : 'UDP';
}

function hasEnds(wanted: { source?: string | undefined; destination?: string | undefined }, packet: Packet): boolean {
  return (['source', 'destination'] as const).every((side) => {
    const text = wanted[side];
    return text === undefined || text === packet.ip?.[side] || text === endpoint(packet, side);
  });
}

function glob(pattern: string, text: string): boolean {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${escaped}$`).test(text);
}

function describeMatcher(matcher: HopMatcher): string {
  const { host, device, direction, way, protocol, source, destination, outer, frame, action } = matcher;
  const ends = (from = 'any', to = 'any'): string => `${from} > ${to}`;
  return [
    [host ?? 'any host', device ?? 'any device', direction].filter(Boolean).join(' '),
    way === 'back' ? 'on the way back' : undefined,
    protocol,
    (source ?? destination) ? ends(source, destination) : undefined,
    outer && `outside ${ends(outer.source, outer.destination)}${outer.vni === undefined ? '' : `, vni ${outer.vni}`}`,
    frame && `frame ${ends(frame.source, frame.destination)}`,
    action && `after ${actionsOf(matcher).join(' and ')}`,
  ]
    .filter(Boolean)
    .join(', ');
}

/** What came closest, for the message. */
function nearest(matcher: HopMatcher, hops: readonly Hop[]): string {
  const here = hops.filter((hop) => matcher.host === undefined || matcher.host === hop.point.host);
  const [best] = here.toSorted((a, b) => unfitting(matcher, a) - unfitting(matcher, b));
  if (best !== undefined) return `closest: ${describeHop(best)}`;
  const last = hops.at(-1);
  return last === undefined ? 'the packet was not seen any more' : `not seen there; last seen at ${describeHop(last)}`;
}
