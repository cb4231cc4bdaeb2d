/** A block of headers: pairs of name and value, each behind its length (32 bits), behind their number. */
import { SpdyError } from './spdy-error.ts';

/** By name, in lower case. Several values of a name are joined by NUL, as the protocol has it. */
export type Headers = ReadonlyMap<string, string>;

const HEADERS_LIMIT = 128;

export function encodeHeaderBlock(headers: Headers): Buffer {
  const parts = [length(headers.size)];
  for (const [name, value] of headers) {
    for (const bytes of [Buffer.from(name, 'latin1'), Buffer.from(value, 'latin1')])
      parts.push(length(bytes.length), bytes);
  }
  return Buffer.concat(parts);
}

/** Throws SpdyError. */
export function decodeHeaderBlock(block: Buffer): Headers {
  let at = 0;
  const number = () => {
    if (block.length - at < 4) throw new SpdyError('a header block that ends too early');
    at += 4;
    return block.readUInt32BE(at - 4);
  };
  const text = () => {
    const size = number();
    if (block.length - at < size) throw new SpdyError('a header longer than its block');
    at += size;
    return block.toString('latin1', at - size, at);
  };
  const count = number();
  if (count > HEADERS_LIMIT) throw new SpdyError(`${count} headers; the limit is ${HEADERS_LIMIT}`);
  const headers = new Map<string, string>();
  for (let index = 0; index < count; index++) {
    const name = text().toLowerCase();
    if (name === '' || headers.has(name)) throw new SpdyError(`the header ${JSON.stringify(name)}, empty or twice`);
    headers.set(name, text());
  }
  return headers;
}

function length(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
