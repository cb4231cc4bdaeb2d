/** The wire format of protobuf: fields as numbers with raw values. Knows no message. */

export type WireValue = bigint | Uint8Array;

export interface WireField {
  readonly number: number;
  /** A varint or a fixed-width number as its bits; strings, bytes and messages as bytes. */
  readonly value: WireValue;
}

/** Bytes that are no protobuf message. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;
const LONGEST_VARINT = 10;

/** The fields of a message, in the order they were written. Throws `WireError`. */
export function* readFields(bytes: Uint8Array): Generator<WireField, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;

  function varint(): bigint {
    let value = 0n;
    for (let index = 0; index < LONGEST_VARINT; index += 1) {
      if (at >= bytes.length) throw new WireError('unexpected EOF');
      const byte = bytes[at]!;
      at += 1;
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) return value;
    }
    throw new WireError('integer overflow');
  }

  function take(length: number): number {
    if (length > bytes.length - at) throw new WireError('unexpected EOF');
    const start = at;
    at += length;
    return start;
  }

  while (at < bytes.length) {
    const tag = Number(varint());
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case VARINT:
        yield { number, value: varint() };
        break;
      case FIXED64:
        yield { number, value: view.getBigUint64(take(8), true) };
        break;
      case LENGTH_DELIMITED: {
        const length = Number(varint());
        const start = take(length);
        yield { number, value: bytes.subarray(start, start + length) };
        break;
      }
      case FIXED32:
        yield { number, value: BigInt(view.getUint32(take(4), true)) };
        break;
      default:
        throw new WireError(`illegal wireType ${tag % 8}`);
    }
  }
}

/** A varint as a signed integer: negative numbers are written in two's complement of 64 bits. */
export function toInteger(value: WireValue): number {
  if (typeof value !== 'bigint') throw new WireError('wrong wireType for an integer');
  return Number(BigInt.asIntN(64, value));
}

export function toBytes(value: WireValue): Uint8Array {
  if (typeof value === 'bigint') throw new WireError('wrong wireType for a message');
  return value;
}

export function toText(value: WireValue): string {
  return Buffer.from(toBytes(value)).toString();
}
