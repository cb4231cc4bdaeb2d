/**
 * Writes the records of a DNS message, with the name compression that dns-packet lacks: a headless Service of 28
 * endpoints fits into the 512 bytes of a client without EDNS. Knows the wire format (RFC 1035, 2782, 3596) and nothing
 * else.
 */
import { ipBytes, parseIp } from '../net/ip.ts';
import type { DnsRecord } from './dns-record.ts';

const TYPE = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, TXT: 16, AAAA: 28, SRV: 33 } as const;
const CLASS_IN = 1;
const TYPE_OPT = 41;
/** A pointer has 14 bits. */
const POINTER_MAX = 0x3fff;
const POINTER = 0xc000;

export class MessageWriter {
  readonly #buffer: Buffer;
  readonly #limit: number;
  /** Lower-case name → where it stands. */
  readonly #names = new Map<string, number>();
  #at = 0;

  /** Writes into `buffer`, at most `limit` bytes. */
  constructor(buffer: Buffer, limit: number) {
    this.#buffer = buffer;
    this.#limit = Math.min(limit, buffer.length);
  }

  get length(): number {
    return this.#at;
  }

  /** Header (to be filled in later) and question, copied as they came. */
  copyQuestion(request: Buffer, name: string, end: number): void {
    this.#at = request.copy(this.#buffer, 0, 0, end);
    let at = 12;
    let rest = name.toLowerCase();
    while (rest !== '' && request[at] !== undefined && request[at] !== 0) {
      this.#names.set(rest, at);
      const dot = rest.indexOf('.');
      // A label with a dot of its own: the rest of the name is written out where it is needed.
      if (request[at] !== (dot < 0 ? rest.length : dot)) return;
      at += request[at]! + 1;
      rest = dot < 0 ? '' : rest.slice(dot + 1);
    }
  }

  /** Adds a record; false, and nothing added, when it does not fit. */
  record(record: DnsRecord): boolean {
    const start = this.#at;
    const known = this.#names.size;
    try {
      this.#name(record.name);
      this.#uint16(TYPE[record.type]);
      this.#uint16(CLASS_IN);
      this.#uint32(record.ttl);
      const length = this.#at;
      this.#uint16(0);
      this.#data(record);
      this.#buffer.writeUInt16BE(this.#at - length - 2, length);
      return true;
    } catch (error) {
      if (!(error instanceof MessageFull)) throw error;
      this.#at = start;
      for (const name of [...this.#names.keys()].slice(known)) this.#names.delete(name);
      return false;
    }
  }

  /** The OPT record of EDNS (RFC 6891): our UDP size and the upper bits of the response code. */
  opt(udpSize: number, extendedRcode: number): void {
    this.#bytes([0]);
    this.#uint16(TYPE_OPT);
    this.#uint16(udpSize);
    this.#bytes([extendedRcode, 0, 0, 0]);
    this.#uint16(0);
  }

  #data(record: DnsRecord): void {
    switch (record.type) {
      case 'A':
      case 'AAAA':
        this.#address(record.data);
        break;
      case 'CNAME':
      case 'NS':
      case 'PTR':
        this.#name(record.data);
        break;
      case 'TXT': {
        const text = Buffer.from(record.data, 'utf8').subarray(0, 255);
        this.#bytes([text.length, ...text]);
        break;
      }
      case 'SRV':
        for (const number of [record.data.priority, record.data.weight, record.data.port]) this.#uint16(number);
        this.#name(record.data.target, false);
        break;
      case 'SOA':
        this.#name(record.data.mname);
        this.#name(record.data.rname);
        for (const key of ['serial', 'refresh', 'retry', 'expire', 'minimum'] as const) this.#uint32(record.data[key]);
    }
  }

  /** A name, by a pointer where (the end of) it has been written before. SRV targets are not compressed (RFC 2782). */
  #name(name: string, compress = true): void {
    let rest = name;
    while (rest !== '') {
      const known = compress ? this.#names.get(rest.toLowerCase()) : undefined;
      if (known !== undefined) {
        this.#uint16(POINTER | known);
        return;
      }
      if (this.#at <= POINTER_MAX && !this.#names.has(rest.toLowerCase()))
        this.#names.set(rest.toLowerCase(), this.#at);
      const dot = rest.indexOf('.');
      const label = Buffer.from(dot < 0 ? rest : rest.slice(0, dot), 'utf8');
      if (label.length === 0 || label.length > 63) throw new RangeError(`not a domain name: ${name}`);
      this.#bytes([label.length, ...label]);
      rest = dot < 0 ? '' : rest.slice(dot + 1);
    }
    this.#bytes([0]);
  }

  #address(address: string): void {
    const ip = parseIp(address);
    if (ip === undefined) throw new RangeError(`not an IP address: ${address}`);
    this.#bytes(ipBytes(ip));
  }

  #bytes(bytes: Iterable<number> & { readonly length: number }): void {
    if (this.#at + bytes.length > this.#limit) throw new MessageFull();
    for (const byte of bytes) this.#buffer[this.#at++] = byte;
  }

  #uint16(value: number): void {
    this.#bytes([value >>> 8, value & 255]);
  }

  #uint32(value: number): void {
    this.#uint16(value >>> 16);
    this.#uint16(value & 0xffff);
  }
}

class MessageFull extends Error {}
