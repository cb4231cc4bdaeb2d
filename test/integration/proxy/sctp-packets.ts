/**
 * SCTP by raw packets, for kernels without SCTP sockets: what a client's first packet (INIT) meets on its way, and whether the
 * answer (INIT ACK) finds back. Connection tracking drops packets with a wrong checksum, so they have the right one (CRC-32c).
 */
import koffi from 'koffi';
import type { Kernel, Netns } from '../../../src/kernel/kernel.ts';
import { systemError } from '../../../src/kernel/libc.ts';

const libc = koffi.load(null);
const socket = libc.func('int socket(int domain, int type, int protocol)');
const sendto = libc.func(
  'long sendto(int fd, const void *data, size_t length, int flags, const void *address, unsigned int size)',
);
const connect = libc.func('int connect(int fd, const void *address, unsigned int size)');
const recv = libc.func('long recv(int fd, void *data, size_t length, int flags)');
const close = libc.func('int close(int fd)');

const AF_INET = 2;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const IPPROTO_SCTP = 132;
const EAGAIN = 11;

export const INIT = 1;
export const INIT_ACK = 2;

export interface SctpPacket {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly port: number;
  readonly tag: number;
  readonly chunk: number;
  /** The tag its sender wants to see in answers. */
  readonly initTag: number;
}

/** A raw socket in a namespace: it sends any SCTP packet, and sees all that come to one of the namespace's addresses. */
export class RawSctp {
  readonly #fd: number;

  constructor(kernel: Pick<Kernel, 'within'>, netns: Netns) {
    this.#fd = kernel.within(netns, () => socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_SCTP) as number);
    if (this.#fd < 0) throw new Error('no raw socket for SCTP');
  }

  /** Only what comes from there counts from now on, refusals (ICMP) included. */
  connect(to: string): void {
    if ((connect(this.#fd, addressOf(to), 16) as number) < 0) throw systemError('connect', koffi.errno());
  }

  /** Sends a packet of one chunk; its source is the kernel's to choose. */
  send(to: string, packet: Pick<SctpPacket, 'sourcePort' | 'port' | 'tag' | 'chunk' | 'initTag'>): void {
    const data = encode(packet);
    if ((sendto(this.#fd, data, data.length, 0, addressOf(to), 16) as number) < 0)
      throw systemError('sendto', koffi.errno(), to);
  }

  /** The next packet that has come; undefined when there is none. Throws when the peer refuses. */
  receive(): SctpPacket | undefined {
    const data = Buffer.alloc(2048);
    const length = recv(this.#fd, data, data.length, 0) as number;
    if (length >= 0) return decode(data.subarray(0, length));
    if (koffi.errno() !== EAGAIN) throw systemError('recv', koffi.errno());
    return undefined;
  }

  close(): void {
    close(this.#fd);
  }
}

function addressOf(ip: string): Buffer {
  const address = Buffer.alloc(16);
  address.writeUInt16LE(AF_INET, 0);
  address.set(ip.split('.').map(Number), 4);
  return address;
}

function encode({ sourcePort, port, tag, chunk, initTag }: Parameters<RawSctp['send']>[1]): Buffer {
  const data = Buffer.alloc(32);
  data.writeUInt16BE(sourcePort, 0);
  data.writeUInt16BE(port, 2);
  data.writeUInt32BE(tag, 4);
  data.writeUInt8(chunk, 12);
  data.writeUInt16BE(20, 14);
  data.writeUInt32BE(initTag, 16);
  // Receiver window, outbound and inbound streams, first TSN.
  data.writeUInt32BE(65_536, 20);
  data.writeUInt16BE(1, 24);
  data.writeUInt16BE(1, 26);
  data.writeUInt32BE(1, 28);
  data.writeUInt32LE(crc32c(data), 8);
  return data;
}

/** From the IP header on, as raw sockets give it. */
function decode(packet: Buffer): SctpPacket {
  const address = (offset: number) => [...packet.subarray(offset, offset + 4)].join('.');
  const data = packet.subarray((packet[0]! & 15) * 4);
  const given = data.readUInt32LE(8);
  data.writeUInt32LE(0, 8);
  // NAT changes ports, and with them the checksum.
  if (given !== crc32c(data)) throw new Error('an SCTP packet with a wrong checksum');
  return {
    source: address(12),
    destination: address(16),
    sourcePort: data.readUInt16BE(0),
    port: data.readUInt16BE(2),
    tag: data.readUInt32BE(4),
    chunk: data.readUInt8(12),
    initTag: data.readUInt32BE(16),
  };
}

/** RFC 9260, appendix A. */
function crc32c(data: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}
