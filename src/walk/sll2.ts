/**
 * The header tcpdump puts before each packet of `-i any -y LINUX_SLL2`: which interface, which direction.
 * Format: https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html
 */
import { macAt } from './addresses.ts';

/** LINKTYPE_LINUX_SLL2 in a pcap file header. */
export const LINKTYPE_SLL2 = 276;
const HEADER = 20;
const OUTGOING = 4;

export interface CookedPacket {
  readonly ifindex: number;
  readonly direction: 'in' | 'out';
  /** EtherType of what follows. */
  readonly etherType: number;
  /** Hardware address of the sender of the frame; absent on devices without one. */
  readonly linkSource?: string;
  /** From the network header on. */
  readonly network: Buffer;
}

/** Splits a captured packet; undefined when it is too short to hold the header. */
export function readCooked(data: Buffer): CookedPacket | undefined {
  if (data.length < HEADER) return undefined;
  return {
    etherType: data.readUInt16BE(0),
    ifindex: data.readUInt32BE(4),
    direction: data[10] === OUTGOING ? 'out' : 'in',
    ...(data[11] === 6 ? { linkSource: macAt(data, 12) } : {}),
    network: data.subarray(HEADER),
  };
}
