/**
 * Follows one probe through address translation. An echo carries its mark in the payload; of a TCP connection the
 * SYN keeps its initial sequence number and the answer acknowledges it, whatever NAT does to addresses and ports.
 */
import type { ConntrackEntry } from './conntrack.ts';
import type { Packet } from './packet.ts';

export type Flow =
  /** An ICMP echo whose payload contains `mark`. */
  | { readonly kind: 'echo'; readonly mark: Buffer }
  /** The opening of the TCP connection that a socket bound to `sourcePort` made; `source` where it is known. */
  | { readonly kind: 'tcp'; readonly source?: string; readonly sourcePort: number };

/** `there`: from the prober; `back`: the answer (or refusal); undefined: another packet. */
export type Way = 'there' | 'back';
export type FlowMatcher = (packet: Packet) => Way | undefined;

/**
 * The test that recognises the flow. `packets` in the order of time: a TCP flow is known by the first SYN among them.
 * `conntrack` knows the connection of a node's own program, whose first packet shows only after translation.
 */
export function flowMatcher(
  flow: Flow,
  packets: Iterable<Packet>,
  conntrack: readonly ConntrackEntry[] = [],
): FlowMatcher {
  if (flow.kind === 'echo') return (packet) => echoWay(packet, flow.mark);
  const sequence = initialSequence(sockets(flow, conntrack), packets);
  return sequence === undefined ? () => undefined : (packet) => handshakeWay(packet, sequence);
}

/** The packet the flow is about: the inner one of a VXLAN packet. */
export function innermost(packet: Packet): Packet {
  return packet.vxlan === undefined ? packet : innermost(packet.vxlan.inner);
}

function echoWay(packet: Packet, mark: Buffer): Way | undefined {
  const { icmp } = packet;
  if (icmp?.quoted !== undefined) return echoWay(icmp.quoted, mark) === 'there' ? 'back' : undefined;
  if (icmp?.echo === undefined || !packet.payload.includes(mark)) return undefined;
  return icmp.echo.reply ? 'back' : 'there';
}

interface SourceSocket {
  readonly address: string | undefined;
  readonly port: number | undefined;
}

/** Where the connection's packets may come from: the socket itself, and what masquerading made of it. */
function sockets(flow: Extract<Flow, { kind: 'tcp' }>, conntrack: readonly ConntrackEntry[]): SourceSocket[] {
  const own = { address: flow.source, port: flow.sourcePort };
  const translated = conntrack
    .filter(({ protocol, original }) => protocol === 'tcp' && isFrom(own, original.source, original.sourcePort))
    .map(({ reply }) => ({ address: reply.destination, port: reply.destinationPort }));
  return [own, ...translated];
}

function isFrom(socket: SourceSocket, address: string, port: number | undefined): boolean {
  return socket.port === port && (socket.address === undefined || socket.address === address);
}

function initialSequence(from: readonly SourceSocket[], packets: Iterable<Packet>): number | undefined {
  for (const outer of packets) {
    const { ip, tcp } = innermost(outer);
    if (ip === undefined || tcp === undefined || !tcp.flags.syn || tcp.flags.ack) continue;
    if (from.some((socket) => isFrom(socket, ip.source, tcp.sourcePort))) return tcp.sequence;
  }
  return undefined;
}

function handshakeWay(packet: Packet, sequence: number): Way | undefined {
  const { tcp, icmp } = packet;
  if (icmp?.quoted?.tcp !== undefined) return icmp.quoted.tcp.sequence === sequence ? 'back' : undefined;
  if (tcp === undefined) return undefined;
  const { syn, ack, rst } = tcp.flags;
  if (syn && !ack) return tcp.sequence === sequence ? 'there' : undefined;
  const answers = (syn || rst) && ack && tcp.acknowledgment === (sequence + 1) >>> 0;
  return answers ? 'back' : undefined;
}
