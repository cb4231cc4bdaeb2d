/** The lines of `conntrack -L`: what a namespace remembers of each connection, both ways. */
import { hostPort } from '../net/host-port.ts';
import { portOf } from './describe-packet.ts';
import type { Packet } from './packet.ts';

export interface Tuple {
  readonly source: string;
  readonly destination: string;
  /** Ports; absent for ICMP. */
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** ICMP identifier. */
  readonly id?: number;
}

export interface ConntrackEntry {
  /** `tcp`, `udp`, `icmp`, … */
  readonly protocol: string;
  readonly original: Tuple;
  /** What an answer looks like before it is translated back. */
  readonly reply: Tuple;
  readonly line: string;
}

/** Reads the output of `conntrack -L`; lines of another shape are passed over. */
export function parseConntrack(text: string): ConntrackEntry[] {
  return text.split('\n').flatMap((line) => {
    const protocol = /^(\S+)\s+\d+/.exec(line)?.[1];
    const fields = [...line.matchAll(/\b(src|dst|sport|dport|id)=(\S+)/g)].map(
      ([, key, value]) => [key!, value!] as const,
    );
    const second = fields.findIndex(([key], index) => index > 0 && key === 'src');
    if (protocol === undefined || second < 0) return [];
    return [
      { protocol, original: tuple(fields.slice(0, second)), reply: tuple(fields.slice(second)), line: line.trim() },
    ];
  });
}

/** The entry a packet of either way belongs to, by its addresses before translation. */
export function entryOf(entries: readonly ConntrackEntry[], packet: Packet): ConntrackEntry | undefined {
  return entries.find(({ original, reply }) => fits(original, packet) || fits(reply, packet));
}

/** The entry whose translation makes packets look like this one on their way there. */
export function entryMaking(entries: readonly ConntrackEntry[], packet: Packet): ConntrackEntry | undefined {
  return entries.find(({ reply }) => fits(turned(reply), packet));
}

/** `10.0.0.1:80` of both sides; addresses alone where there are no ports. */
export function endpointsOf(tuple: Tuple): { source: string; destination: string } {
  const text = (address: string, port: number | undefined): string =>
    port === undefined ? address : hostPort(address, port);
  return { source: text(tuple.source, tuple.sourcePort), destination: text(tuple.destination, tuple.destinationPort) };
}

/** The same connection seen from the other end. */
function turned({ source, destination, sourcePort, destinationPort, ...rest }: Tuple): Tuple {
  return {
    ...rest,
    source: destination,
    destination: source,
    ...(destinationPort === undefined ? {} : { sourcePort: destinationPort }),
    ...(sourcePort === undefined ? {} : { destinationPort: sourcePort }),
  };
}

function tuple(fields: readonly (readonly [string, string])[]): Tuple {
  const values = new Map(fields);
  const number = (key: string): number | undefined => (values.has(key) ? Number(values.get(key)) : undefined);
  const optional = { sourcePort: number('sport'), destinationPort: number('dport'), id: number('id') };
  return {
    source: values.get('src') ?? '',
    destination: values.get('dst') ?? '',
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
}

function fits(expected: Tuple, packet: Packet): boolean {
  return (
    packet.ip?.source === expected.source &&
    packet.ip.destination === expected.destination &&
    portOf(packet, 'source') === expected.sourcePort &&
    portOf(packet, 'destination') === expected.destinationPort &&
    packet.icmp?.echo?.id === expected.id
  );
}
