/**
 * Netlink's wire format: a message of a header, a fixed structure and attributes, all aligned to four bytes, numbers in
 * the machine's byte order (netlink(7)). Pure; knows nothing of what the messages mean.
 */
import { endianness } from 'node:os';

const HEADER_SIZE = 16;
const ATTRIBUTE_HEADER_SIZE = 4;
const ALIGNMENT = 4;
const ERROR_TYPE = 2;
const NESTED = 0x8000;
const isLittle = endianness() === 'LE';

export const FLAG = { request: 1, ack: 4, replace: 0x100, exclusive: 0x200, create: 0x400, append: 0x800 } as const;

/** A request that the kernel acknowledges. `flags` are added to that. */
export function message(type: number, flags: number, fixed: Uint8Array, attributes: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat([fixed, ...attributes]);
  const header = Buffer.alloc(HEADER_SIZE);
  put(header, 0, 4, HEADER_SIZE + body.length);
  put(header, 4, 2, type);
  put(header, 6, 2, FLAG.request | FLAG.ack | flags);
  return Buffer.concat([header, body]);
}

/** One attribute, padded. */
export function attribute(type: number, value: Uint8Array): Buffer {
  const size = ATTRIBUTE_HEADER_SIZE + value.length;
  const buffer = Buffer.alloc(Math.ceil(size / ALIGNMENT) * ALIGNMENT);
  put(buffer, 0, 2, size);
  put(buffer, 2, 2, type);
  buffer.set(value, ATTRIBUTE_HEADER_SIZE);
  return buffer;
}

/** An attribute that holds attributes, behind `fixed` where it begins with a structure. */
export function nested(type: number, attributes: readonly Uint8Array[], fixed: Uint8Array = Buffer.alloc(0)): Buffer {
  return attribute(type | NESTED, Buffer.concat([fixed, ...attributes]));
}

/** A fixed structure from its fields: each a size in bytes (1, 2, 4) and a value. */
export function structure(...fields: readonly (readonly [size: 1 | 2 | 4, value: number])[]): Buffer {
  const buffer = Buffer.alloc(fields.reduce((sum, [size]) => sum + size, 0));
  let offset = 0;
  for (const [size, value] of fields) {
    put(buffer, offset, size, value);
    offset += size;
  }
  return buffer;
}

/** A number of four bytes, or of one. */
export function number(value: number, size: 1 | 4 = 4): Buffer {
  return structure([size, value]);
}

/** A port: two bytes in the network's order. */
export function networkPort(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeUInt16BE(value);
  return buffer;
}

/** A name, with its closing zero. */
export function text(value: string): Buffer {
  return Buffer.from(`${value}\0`, 'latin1');
}

/** The errno of an acknowledgement: 0 for success. Throws on anything that is none. */
export function errnoOf(answer: Uint8Array): number {
  const view = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength);
  const type = isLittle ? view.readUInt16LE(4) : view.readUInt16BE(4);
  if (type !== ERROR_TYPE) throw new Error(`netlink answered with a message of type ${type}`);
  return Math.abs(isLittle ? view.readInt32LE(HEADER_SIZE) : view.readInt32BE(HEADER_SIZE));
}

/** Numbers are unsigned: ifindexes and flags. */
function put(buffer: Buffer, offset: number, size: 1 | 2 | 4, value: number): void {
  if (isLittle) buffer.writeUIntLE(value, offset, size);
  else buffer.writeUIntBE(value, offset, size);
}
