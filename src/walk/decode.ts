/**
 * Bytes → headers. Pure. A packet cut short gives the headers that are whole; what is unknown stays payload. A VXLAN
 * packet is one whose UDP destination port is among `vxlanPorts` (flannel on Linux: 8472; IANA's: 4789).
 */
import { ipv4At, ipv6At, macAt } from './addresses.ts';
import type { ArpPacket, IcmpHeader, IpHeader, Packet } from './packet.ts';

export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_ARP = 0x0806;
export const ETHERTYPE_IPV6 = 0x86dd;
export const PROTOCOL_ICMP = 1;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;
export const PROTOCOL_ICMPV6 = 58;

const VXLAN_PORTS: ReadonlySet<number> = new Set([4789, 8472]);
const VXLAN_VNI_VALID = 0x08;

/** An Ethernet frame. */
export function decodeEthernet(bytes: Buffer, vxlanPorts = VXLAN_PORTS): Packet {
  if (bytes.length < 14) return { payload: bytes };
  const etherType = bytes.readUInt16BE(12);
  return {
    ...decodeNetwork(etherType, bytes.subarray(14), vxlanPorts),
    ethernet: { destination: macAt(bytes, 0), source: macAt(bytes, 6), etherType },
  };
}

/** A packet from its network header on. */
export function decodeNetwork(etherType: number, bytes: Buffer, vxlanPorts = VXLAN_PORTS): Packet {
  if (etherType === ETHERTYPE_ARP) return decodeArp(bytes);
  if (etherType === ETHERTYPE_IPV4) return decodeIpv4(bytes, vxlanPorts);
  if (etherType === ETHERTYPE_IPV6) return decodeIpv6(bytes, vxlanPorts);
  return { payload: bytes };
}

function decodeArp(bytes: Buffer): Packet {
  const operation = bytes.length < 28 ? 0 : bytes.readUInt16BE(6);
  if (operation !== 1 && operation !== 2) return { payload: bytes };
  const arp: ArpPacket = {
    operation: operation === 1 ? 'request' : 'reply',
    senderMac: macAt(bytes, 8),
    senderIp: ipv4At(bytes, 14),
    targetMac: macAt(bytes, 18),
    targetIp: ipv4At(bytes, 24),
  };
  return { arp, payload: bytes.subarray(28) };
}

function decodeIpv4(bytes: Buffer, vxlanPorts: ReadonlySet<number>): Packet {
  const headerLength = ((bytes[0] ?? 0) & 0x0f) * 4;
  if (bytes.length < 20 || bytes.length < headerLength || headerLength < 20) return { payload: bytes };
  const length = bytes.readUInt16BE(2);
  const ip: IpHeader = {
    version: 4,
    source: ipv4At(bytes, 12),
    destination: ipv4At(bytes, 16),
    protocol: bytes[9]!,
    ttl: bytes[8]!,
    length,
  };
  // Ethernet pads short frames: the header, not the frame, says where the packet ends (0: segmentation offload).
  const body = bytes.subarray(headerLength, length >= headerLength ? length : undefined);
  const fragmentOffset = bytes.readUInt16BE(6) & 0x1fff;
  return fragmentOffset === 0 ? decodeTransport(ip, body, vxlanPorts) : { ip, payload: body };
}

function decodeIpv6(bytes: Buffer, vxlanPorts: ReadonlySet<number>): Packet {
  if (bytes.length < 40) return { payload: bytes };
  const payloadLength = bytes.readUInt16BE(4);
  const ip: IpHeader = {
    version: 6,
    source: ipv6At(bytes, 8),
    destination: ipv6At(bytes, 24),
    protocol: bytes[6]!,
    ttl: bytes[7]!,
    length: 40 + payloadLength,
  };
  return decodeTransport(ip, bytes.subarray(40, payloadLength > 0 ? 40 + payloadLength : undefined), vxlanPorts);
}

function decodeTransport(ip: IpHeader, bytes: Buffer, vxlanPorts: ReadonlySet<number>): Packet {
  if (ip.protocol === PROTOCOL_UDP && bytes.length >= 8) {
    const udp = { sourcePort: bytes.readUInt16BE(0), destinationPort: bytes.readUInt16BE(2) };
    const payload = bytes.subarray(8);
    const inner = vxlanPorts.has(udp.destinationPort) ? decodeVxlan(payload, vxlanPorts) : undefined;
    return { ip, udp, ...(inner === undefined ? {} : { vxlan: inner }), payload };
  }
  // Eight bytes are all an ICMP error must quote of a TCP header: the ports and the sequence number.
  if (ip.protocol === PROTOCOL_TCP && bytes.length >= 8) return { ip, ...decodeTcp(bytes) };
  if ((ip.protocol === PROTOCOL_ICMP || ip.protocol === PROTOCOL_ICMPV6) && bytes.length >= 8) {
    return { ip, icmp: decodeIcmp(ip.protocol, bytes), payload: bytes.subarray(8) };
  }
  return { ip, payload: bytes };
}

function decodeTcp(bytes: Buffer): Pick<Packet, 'tcp' | 'payload'> {
  const flags = bytes[13] ?? 0;
  return {
    tcp: {
      sourcePort: bytes.readUInt16BE(0),
      destinationPort: bytes.readUInt16BE(2),
      sequence: bytes.readUInt32BE(4),
      acknowledgment: bytes.length >= 12 ? bytes.readUInt32BE(8) : 0,
      flags: {
        fin: (flags & 0x01) !== 0,
        syn: (flags & 0x02) !== 0,
        rst: (flags & 0x04) !== 0,
        ack: (flags & 0x10) !== 0,
      },
    },
    payload: bytes.subarray(((bytes[12] ?? 0) >> 4) * 4),
  };
}

function decodeIcmp(protocol: number, bytes: Buffer): IcmpHeader {
  const type = bytes[0]!;
  const code = bytes[1]!;
  const [request, reply] = protocol === PROTOCOL_ICMP ? [8, 0] : [128, 129];
  if (type === request || type === reply) {
    return { type, code, echo: { reply: type === reply, id: bytes.readUInt16BE(4), sequence: bytes.readUInt16BE(6) } };
  }
  const isError = protocol === PROTOCOL_ICMP ? [3, 4, 5, 11, 12].includes(type) : type < 128;
  if (!isError) return { type, code };
  const etherType = protocol === PROTOCOL_ICMP ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
  return { type, code, quoted: decodeNetwork(etherType, bytes.subarray(8)) };
}

/** RFC 7348: flags, 24 reserved bits, the 24-bit VNI, 8 reserved bits, then an Ethernet frame. */
function decodeVxlan(bytes: Buffer, vxlanPorts: ReadonlySet<number>): Packet['vxlan'] {
  if (bytes.length < 8 || (bytes[0]! & VXLAN_VNI_VALID) === 0) return undefined;
  return { vni: bytes.readUIntBE(4, 3), inner: decodeEthernet(bytes.subarray(8), vxlanPorts) };
}
