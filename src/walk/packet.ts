/** What the decoders make of a packet: one optional field per header that was found, from the outside in. */

export interface EthernetHeader {
  readonly source: string;
  readonly destination: string;
  readonly etherType: number;
}

export interface ArpPacket {
  readonly operation: 'request' | 'reply';
  readonly senderMac: string;
  readonly senderIp: string;
  readonly targetMac: string;
  readonly targetIp: string;
}

export interface IpHeader {
  readonly version: 4 | 6;
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  /** TTL, or hop limit. */
  readonly ttl: number;
  /** Of the whole IP packet, in bytes, as the header states it. */
  readonly length: number;
}

export interface UdpHeader {
  readonly sourcePort: number;
  readonly destinationPort: number;
}

export interface TcpHeader {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly flags: { readonly syn: boolean; readonly ack: boolean; readonly fin: boolean; readonly rst: boolean };
}

export interface IcmpHeader {
  readonly type: number;
  readonly code: number;
  /** Of an echo request or reply. */
  readonly echo?: { readonly reply: boolean; readonly id: number; readonly sequence: number };
  /** The packet an ICMP error is about, as far as it is quoted. */
  readonly quoted?: Packet;
}

export interface Packet {
  /** Present where the capture holds the frame: inside a VXLAN packet. */
  readonly ethernet?: EthernetHeader;
  readonly arp?: ArpPacket;
  readonly ip?: IpHeader;
  readonly udp?: UdpHeader;
  readonly tcp?: TcpHeader;
  readonly icmp?: IcmpHeader;
  readonly vxlan?: { readonly vni: number; readonly inner: Packet };
  /** What follows the innermost header decoded here. */
  readonly payload: Buffer;
}
