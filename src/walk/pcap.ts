/**
 * The pcap file format, read as a stream: bytes in as they come from a pipe, packets out when they are whole.
 * Format: https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcap/ (both byte orders, micro- and nanoseconds).
 */
const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
/** A record longer than this is a broken stream, not a packet: tcpdump's snapshot length is 262144. */
const LONGEST_RECORD = 1 << 20;

export interface PcapPacket {
  /** Nanoseconds since the epoch. */
  readonly at: bigint;
  /** Bytes as captured, from the link layer on. */
  readonly data: Buffer;
  /** Length on the wire; more than `data.length` when cut off. */
  readonly wireLength: number;
}

interface Format {
  readonly littleEndian: boolean;
  readonly nanosPerFraction: bigint;
  readonly linkType: number;
}

/** Reads one pcap stream. `push` returns the packets completed by a chunk and throws on what is no pcap. */
export class PcapReader {
  #rest: Buffer = Buffer.alloc(0);
  #format: Format | undefined;

  /** The link type of the file header (LINKTYPE_…); undefined until the header has been read. */
  get linkType(): number | undefined {
    return this.#format?.linkType;
  }

  push(chunk: Buffer): PcapPacket[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (this.#format === undefined) {
      if (this.#rest.length < FILE_HEADER) return [];
      this.#format = readFormat(this.#rest);
      this.#rest = this.#rest.subarray(FILE_HEADER);
    }
    const { littleEndian, nanosPerFraction } = this.#format;
    const uint32 = (offset: number): number =>
      littleEndian ? this.#rest.readUInt32LE(offset) : this.#rest.readUInt32BE(offset);
    const packets: PcapPacket[] = [];
    let offset = 0;
    while (this.#rest.length - offset >= RECORD_HEADER) {
      const length = uint32(offset + 8);
      if (length > LONGEST_RECORD) throw new Error(`not a pcap record: a packet of ${length} bytes`);
      const end = offset + RECORD_HEADER + length;
      if (this.#rest.length < end) break;
      packets.push({
        at: BigInt(uint32(offset)) * 1_000_000_000n + BigInt(uint32(offset + 4)) * nanosPerFraction,
        data: this.#rest.subarray(offset + RECORD_HEADER, end),
        wireLength: uint32(offset + 12),
      });
      offset = end;
    }
    this.#rest = this.#rest.subarray(offset);
    return packets;
  }
}

function readFormat(header: Buffer): Format {
  for (const littleEndian of [true, false]) {
    const magic = littleEndian ? header.readUInt32LE(0) : header.readUInt32BE(0);
    if (magic !== MICROSECONDS && magic !== NANOSECONDS) continue;
    const linkType = littleEndian ? header.readUInt32LE(20) : header.readUInt32BE(20);
    return { littleEndian, nanosPerFraction: magic === NANOSECONDS ? 1n : 1000n, linkType: linkType & 0xffff };
  }
  throw new Error(`not a pcap stream: it begins with ${header.subarray(0, 4).toString('hex')}`);
}
