/** Cuts bytes into frames. Data is passed on in the pieces it came in, so that no frame is ever held as a whole. */
import { ByteQueue } from './byte-queue.ts';
import {
  decodeControlFrame,
  decodeFrameHeader,
  FRAME_HEADER_LENGTH,
  type Frame,
  type FrameHeader,
  hasFin,
} from './frames.ts';
import { SpdyError } from './spdy-error.ts';

/** The protocol wants 8 KiB at least; the headers of Kubernetes' streams have some hundred bytes. */
const CONTROL_FRAME_LIMIT_BYTES = 32 * 1024;

export class FrameReader {
  readonly #bytes = new ByteQueue();
  #header: FrameHeader | undefined;
  /** Of the data frame under way. */
  #left = 0;

  /** The frames that are complete with `chunk`. Throws SpdyError, and is of no use then. */
  *read(chunk: Buffer): Generator<Frame> {
    this.#bytes.push(chunk);
    for (;;) {
      const frame = this.#next();
      if (frame === undefined) return;
      yield frame;
    }
  }

  #next(): Frame | undefined {
    const bytes = this.#bytes;
    if (this.#header === undefined) {
      if (bytes.length < FRAME_HEADER_LENGTH) return undefined;
      this.#begin(decodeFrameHeader(bytes.take(FRAME_HEADER_LENGTH)));
    }
    const header = this.#header!;
    if (header.control) {
      if (bytes.length < header.length) return undefined;
      this.#header = undefined;
      return decodeControlFrame(header, bytes.take(header.length));
    }
    if (this.#left > 0 && bytes.length === 0) return undefined;
    const payload = this.#left === 0 ? Buffer.alloc(0) : bytes.takeSome(this.#left);
    this.#left -= payload.length;
    const last = this.#left === 0;
    if (last) this.#header = undefined;
    return { type: 'data', id: header.id, payload, fin: last && hasFin(header) };
  }

  #begin(header: FrameHeader): void {
    if (header.control && header.length > CONTROL_FRAME_LIMIT_BYTES) {
      throw new SpdyError(`a control frame of ${header.length} bytes; the limit is ${CONTROL_FRAME_LIMIT_BYTES}`);
    }
    this.#header = header;
    this.#left = header.length;
  }
}
