/**
 * Reads a query as a server must: header, one question, EDNS; whatever else is in it is passed over, whatever is malformed is
 * refused with the right code. Knows the wire format (RFC 1035, 6891) only. Written for speed: it runs for every packet.
 */
import { RCODE, type Rcode } from './dns-record.ts';

export const HEADER_BYTES = 12;
export const QR = 0x8000;
export const OPCODE = 0x7800;
const POINTER = 0xc0;
const MOST_NAME_BYTES = 255;
const MOST_LABEL_BYTES = 63;
const TYPE_OPT = 41;
const CLASS_IN = 1;
const CLASS_ANY = 255;

/** Names of the types somebody asks for; all others are `TYPE123`. */
const TYPES: Readonly<Record<number, string>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  10: 'NULL',
  12: 'PTR',
  13: 'HINFO',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  33: 'SRV',
  35: 'NAPTR',
  43: 'DS',
  46: 'RRSIG',
  47: 'NSEC',
  48: 'DNSKEY',
  50: 'NSEC3',
  64: 'SVCB',
  65: 'HTTPS',
  251: 'IXFR',
  252: 'AXFR',
  255: 'ANY',
};

export interface Query {
  readonly raw: Buffer;
  /** As it was spelt, without a final dot; a dot within a label is `\.`. */
  readonly name: string;
  /** `A`, `AAAA`, `SRV`, … */
  readonly type: string;
  /** Where the question ends. */
  readonly questionEnd: number;
  readonly edns?: { readonly udpSize: number; readonly version: number };
  /** Set when there is no answering it but with this code. */
  readonly refusal?: Rcode;
}

/** Reads a message; undefined for what is no query at all and deserves silence. */
export function readQuery(raw: Buffer): Query | undefined {
  if (raw.length < HEADER_BYTES) return undefined;
  const flags = raw.readUInt16BE(2);
  if ((flags & QR) !== 0) return undefined;
  const refused = (refusal: Rcode) => ({ raw, name: '', type: '', questionEnd: HEADER_BYTES, refusal });
  if ((flags & OPCODE) !== 0) return refused(RCODE.NOTIMP);
  if (raw.readUInt16BE(4) !== 1) return refused(RCODE.FORMERR);
  // A question is the first name of a message: nothing before it to point to.
  const nameEnd = endOfName(raw, HEADER_BYTES, false);
  if (nameEnd === undefined || nameEnd + 4 > raw.length || nameEnd - HEADER_BYTES > MOST_NAME_BYTES)
    return refused(RCODE.FORMERR);
  const name = nameAt(raw, HEADER_BYTES);
  const questionEnd = nameEnd + 4;
  const number = raw.readUInt16BE(nameEnd);
  const asked = { raw, name, type: TYPES[number] ?? `TYPE${number}`, questionEnd };
  const edns = ednsAfter(raw, questionEnd);
  if (edns === 'malformed') return { ...asked, refusal: RCODE.FORMERR };
  const query = edns === undefined ? asked : { ...asked, edns };
  if (edns !== undefined && edns.version !== 0) return { ...query, refusal: RCODE.BADVERS };
  const questionClass = raw.readUInt16BE(nameEnd + 2);
  return questionClass === CLASS_IN || questionClass === CLASS_ANY ? query : { ...query, refusal: RCODE.REFUSED };
}

/** Where the name at `at` ends; undefined when it does not. */
function endOfName(raw: Buffer, at: number, mayPoint: boolean): number | undefined {
  for (let next = at; next < raw.length; ) {
    const length = raw[next]!;
    if (length === 0) return next + 1;
    if (length >= POINTER) return mayPoint && next + 2 <= raw.length ? next + 2 : undefined;
    if (length > MOST_LABEL_BYTES) return undefined;
    next += length + 1;
  }
  return undefined;
}

/** The name at `at`, which has an end and no pointers. */
function nameAt(raw: Buffer, at: number): string {
  let name = '';
  for (let next = at; raw[next] !== 0; next += raw[next]! + 1) {
    const label = raw.toString('latin1', next + 1, next + 1 + raw[next]!);
    name += `${name === '' ? '' : '.'}${label.includes('.') ? label.replaceAll('.', '\\.') : label}`;
  }
  return name;
}

/** The OPT record among the records behind the question. */
function ednsAfter(raw: Buffer, start: number): Query['edns'] | 'malformed' {
  const records = raw.readUInt16BE(6) + raw.readUInt16BE(8) + raw.readUInt16BE(10);
  let found: Query['edns'];
  let at = start;
  for (let index = 0; index < records; index += 1) {
    const fixed = endOfName(raw, at, true);
    if (fixed === undefined || fixed + 10 > raw.length) return 'malformed';
    if (raw.readUInt16BE(fixed) === TYPE_OPT) {
      // One at most, and its owner is the root (RFC 6891, 6.1.1 and 6.1.2).
      if (found !== undefined || raw[at] !== 0) return 'malformed';
      found = { udpSize: raw.readUInt16BE(fixed + 2), version: raw[fixed + 5]! };
    }
    at = fixed + 10 + raw.readUInt16BE(fixed + 8);
    if (at > raw.length) return 'malformed';
  }
  return found;
}
