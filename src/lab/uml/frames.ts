/**
 * Frames: how bytes become messages, on the line between host and guest and within its streams. Seven bytes (kind, id,
 * length of the payload, most significant byte first), then the payload. What kinds there are is each protocol's affair. Pure.
 */
import { ByteQueue } from '../../api/streams/spdy/byte-queue.ts';

export interface Frame {
  /** 0–255. */
  readonly kind: number;
  /** 32 bits. */
  readonly id: number;
  readonly payload: Buffer;
}

const HEADER_BYTES = 7;
/** Of a payload. */
export const FRAME_LIMIT_BYTES = 0xffff;

/** The bytes of a frame. Throws for a payload that is too long. */
export function encodeFrame(kind: number, id: number, payload: Uint8Array | string = ''): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload) : payload;
  if (body.length > FRAME_LIMIT_BYTES) throw new RangeError(`a frame of ${body.length} bytes`);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(kind, 0);
  header.writeUInt32BE(id, 1);
  header.writeUInt16BE(body.length, 5);
  return Buffer.concat([header, body]);
}

/** Cuts bytes, in whatever pieces they come, into frames. */
export class FrameReader {
  readonly #bytes = new ByteQueue();
  #header: Buffer | undefined;

  /** The frames that are complete with `chunk`. */
  *read(chunk: Buffer): Generator<Frame> {
    this.#bytes.push(chunk);
    for (;;) {
      if (this.#header === undefined) {
        if (this.#bytes.length < HEADER_BYTES) return;
        this.#header = this.#bytes.take(HEADER_BYTES);
      }
      const length = this.#header.readUInt16BE(5);
      if (this.#bytes.length < length) return;
      const header = this.#header;
      this.#header = undefined;
      yield { kind: header.readUInt8(0), id: header.readUInt32BE(1), payload: this.#bytes.take(length) };
    }
  }
}
