/** Writes protobuf's wire format: each function gives the bytes of one field; a message is its fields joined. */

const VARINT = 0;
const LENGTH_DELIMITED = 2;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Buffer.from([...bytes, rest]);
}

/** A message, string or bytes; nothing when undefined. */
export function bytesField(number: number, value: Uint8Array | string | undefined): Buffer[] {
  if (value === undefined) return [];
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return [varint(number * 8 + LENGTH_DELIMITED), varint(bytes.length), bytes as Buffer];
}

/** One field per value. */
export function repeatedField(number: number, values: readonly (Uint8Array | string)[] | undefined): Buffer[] {
  return (values ?? []).flatMap((value) => bytesField(number, value));
}

/** A true flag; nothing when it is false. */
export function flagField(number: number, value: boolean | undefined): Buffer[] {
  return value === true ? [varint(number * 8 + VARINT), varint(1)] : [];
}

export function message(...fields: readonly Buffer[][]): Buffer {
  return Buffer.concat(fields.flat());
}
