/**
 * Captures of several namespaces → the hops of one flow, in the order of time. All captures read one clock; packets
 * that share a timestamp (the kernel stamps a packet once and passes it up) keep the order their capture saw them in.
 */
import { type ConntrackEntry, endpointsOf, entryMaking, entryOf } from './conntrack.ts';
import { describePacket, endpoint } from './describe-packet.ts';
import { type Flow, flowMatcher, innermost, type Way } from './flow.ts';
import type { Packet } from './packet.ts';

/** A namespace worth capturing in, under the name users know it by. */
export interface CapturePoint {
  readonly netns: string;
  /** `node-1`, `client`, `namespace/pod`, `underlay`. */
  readonly host: string;
  readonly role: 'node' | 'pod' | 'host' | 'fabric';
}

export interface CapturedPacket {
  /** Nanoseconds since the epoch. */
  readonly at: bigint;
  readonly device: string;
  readonly direction: 'in' | 'out';
  readonly linkSource?: string;
  readonly packet: Packet;
}

export interface Capture {
  readonly point: CapturePoint;
  /** In the order the kernel handed them over. */
  readonly packets: readonly CapturedPacket[];
}

/** What a namespace's conntrack did to the flow between this hop and the one before it. */
export interface Translation {
  readonly action: 'DNAT' | 'SNAT';
  /** True on the way back, where conntrack undoes what it did. */
  readonly reversed: boolean;
  readonly from: string;
  readonly to: string;
  /** The conntrack entry that says so, as `conntrack -L` printed it. */
  readonly evidence?: string;
}

export interface Hop {
  /** Microseconds since the first hop. */
  readonly at: number;
  readonly point: CapturePoint;
  readonly device: string;
  readonly direction: 'in' | 'out';
  readonly way: Way;
  /** Hardware address of the sender of the frame on this device. */
  readonly linkSource?: string;
  /** The flow's own packet. */
  readonly packet: Packet;
  /** The VXLAN packet it travels in here. */
  readonly outer?: Packet;
  readonly translations: readonly Translation[];
  readonly summary: string;
}

interface Seen extends CapturedPacket {
  readonly point: CapturePoint;
}

/** The hops of `flow`. `conntrack`: entries per namespace, as evidence for translated addresses. */
export function hops(
  captures: readonly Capture[],
  flow: Flow,
  conntrack: ReadonlyMap<string, readonly ConntrackEntry[]> = new Map(),
): Hop[] {
  const seen = inOrder(captures);
  const match = flowMatcher(
    flow,
    seen.map(({ packet }) => packet),
    [...conntrack.values()].flat(),
  );
  const found: Hop[] = [];
  let start: bigint | undefined;
  for (const packet of seen) {
    const inner = innermost(packet.packet);
    const way = match(inner);
    if (way === undefined) continue;
    start ??= packet.at;
    const before = found.findLast((hop) => hop.way === way);
    found.push({
      at: Number(packet.at - start) / 1000,
      point: packet.point,
      device: packet.device,
      direction: packet.direction,
      way,
      ...(packet.linkSource === undefined ? {} : { linkSource: packet.linkSource }),
      packet: inner,
      ...(inner === packet.packet ? {} : { outer: packet.packet }),
      translations: translations(before, inner, packet.point, way, conntrack.get(packet.point.netns) ?? []),
      summary: describePacket(packet.packet),
    });
  }
  return found;
}

/** One list of all packets. `sort` is stable: equal times keep their capture's order. */
function inOrder(captures: readonly Capture[]): Seen[] {
  return captures
    .flatMap(({ point, packets }) => packets.map((packet) => ({ ...packet, point })))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

/** What changed since the hop before, if that was in the same namespace; the fabric only switches, it translates nothing. */
function translations(
  before: Hop | undefined,
  packet: Packet,
  point: CapturePoint,
  way: Way,
  entries: readonly ConntrackEntry[],
): Translation[] {
  // An ICMP error is a packet of its own: its addresses are no translation of those it answers.
  if (point.role === 'fabric' || packet.icmp?.quoted !== undefined) return [];
  if (before === undefined) return ownTranslations(packet, entries);
  if (before.point.netns !== point.netns || before.packet.icmp?.quoted !== undefined) return [];
  const from = { source: endpoint(before.packet, 'source'), destination: endpoint(before.packet, 'destination') };
  return difference(from, packet, way, entryOf(entries, before.packet));
}

/** A program of the node itself: its packet was translated (hook OUTPUT) before any device could show it. */
function ownTranslations(packet: Packet, entries: readonly ConntrackEntry[]): Translation[] {
  const entry = entryMaking(entries, packet);
  return entry === undefined ? [] : difference(endpointsOf(entry.original), packet, 'there', entry);
}

function difference(
  from: { readonly source: string; readonly destination: string },
  packet: Packet,
  way: Way,
  entry: ConntrackEntry | undefined,
): Translation[] {
  const reversed = way === 'back';
  return (['destination', 'source'] as const).flatMap((side): Translation[] => {
    const to = endpoint(packet, side);
    if (from[side] === to) return [];
    const action = (side === 'destination') === reversed ? 'SNAT' : 'DNAT';
    return [{ action, reversed, from: from[side], to, ...(entry === undefined ? {} : { evidence: entry.line }) }];
  });
}
