/** A packet in one line, close to what tcpdump prints. */
import { hostPort } from '../net/host-port.ts';
import type { Packet } from './packet.ts';

/** `10.244.1.2 > 10.244.2.3: ICMP echo request`; of a VXLAN packet the outer and, in brackets, the inner. */
export function describePacket(packet: Packet): string {
  if (packet.arp !== undefined) {
    const { operation, senderIp, senderMac, targetIp } = packet.arp;
    return operation === 'request' ? `ARP who has ${targetIp}? tell ${senderIp}` : `ARP ${senderIp} is at ${senderMac}`;
  }
  if (packet.ip === undefined) return 'a packet of another protocol';
  const ends = `${endpoint(packet, 'source')} > ${endpoint(packet, 'destination')}`;
  if (packet.vxlan !== undefined) {
    return `${ends}: VXLAN, vni ${packet.vxlan.vni} [${describePacket(packet.vxlan.inner)}]`;
  }
  return `${ends}: ${transport(packet)}`;
}

/** `10.244.1.2:8080`, or the address alone where there is no port. */
export function endpoint(packet: Packet, side: 'source' | 'destination'): string {
  const address = packet.ip?.[side] ?? '?';
  const port = portOf(packet, side);
  if (port === undefined) return address;
  return hostPort(address, port);
}

/** The UDP or TCP port of one side. */
export function portOf(packet: Packet, side: 'source' | 'destination'): number | undefined {
  const header = packet.tcp ?? packet.udp;
  return side === 'source' ? header?.sourcePort : header?.destinationPort;
}

/** Name of the innermost protocol decoded here: what a trace's expectation calls it. */
export function protocolOf(packet: Packet): 'ARP' | 'VXLAN' | 'TCP' | 'UDP' | 'ICMP' | 'IP' | 'other' {
  if (packet.arp !== undefined) return 'ARP';
  if (packet.vxlan !== undefined) return 'VXLAN';
  if (packet.tcp !== undefined) return 'TCP';
  if (packet.udp !== undefined) return 'UDP';
  if (packet.icmp !== undefined) return 'ICMP';
  return packet.ip === undefined ? 'other' : 'IP';
}

function transport(packet: Packet): string {
  if (packet.tcp !== undefined) {
    const { syn, ack, fin, rst } = packet.tcp.flags;
    const names = [syn && 'SYN', fin && 'FIN', rst && 'RST', ack && 'ACK'].filter((name) => name !== false);
    return `TCP ${names.join('+') || 'no flags'}`;
  }
  if (packet.udp !== undefined) return `UDP, ${packet.payload.length} bytes`;
  if (packet.icmp?.echo !== undefined) {
    return `ICMP echo ${packet.icmp.echo.reply ? 'reply' : 'request'}`;
  }
  if (packet.icmp !== undefined) {
    const about = packet.icmp.quoted === undefined ? '' : ` about ${describePacket(packet.icmp.quoted)}`;
    return `ICMP ${icmpName(packet)}${about}`;
  }
  return `IP protocol ${packet.ip?.protocol}`;
}

/** What an ICMP error says (RFC 792, RFC 1812), or its numbers. */
function icmpName({ ip, icmp }: Packet): string {
  const { type = 0, code = 0 } = icmp ?? {};
  if (ip?.version === 4 && type === 3) {
    const name = UNREACHABLE[code];
    if (name !== undefined) return name;
  }
  if (ip?.version === 4 && type === 11) return 'time exceeded';
  return `type ${type} code ${code}`;
}

const UNREACHABLE: Readonly<Record<number, string>> = {
  0: 'network unreachable',
  1: 'host unreachable',
  2: 'protocol unreachable',
  3: 'port unreachable',
  4: 'fragmentation needed',
  13: 'prohibited',
};
