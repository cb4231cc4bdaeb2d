/**
 * One stream of the line: a Duplex whose two directions end on their own. Each side sends as much as the other has room for, so
 * that a reader that is slow holds up nobody else. Destroyed early, it resets the stream.
 */
import { Duplex } from 'node:stream';

/** What each side takes unread. The slow way, host to guest, moves some 700 bytes a millisecond: others wait 45 ms for a full one. */
const WINDOW_BYTES = 32 * 1024;
/** Bytes taken are told of in portions. */
const PORTION_BYTES = WINDOW_BYTES / 2;
/** So that streams take turns. */
const DATA_BYTES = 4 * 1024;

/** What a stream asks of its line. */
export interface StreamCarrier {
  data(id: number, payload: Buffer): void;
  end(id: number): void;
  credit(id: number, bytes: number): void;
  /** The stream is over; `early`: before both directions had ended. */
  release(id: number, early: boolean): void;
}

export class LineStream extends Duplex {
  readonly id: number;
  readonly #carrier: StreamCarrier;
  readonly #received: Buffer[] = [];
  #receivedEnd = false;
  #sentEnd = false;
  #wanted = false;
  #untold = 0;
  #credit = WINDOW_BYTES;
  #writing: { rest: Buffer; readonly done: () => void } | undefined;

  constructor(carrier: StreamCarrier, id: number) {
    // What is not wanted yet stays with us, and is not told of.
    super({ allowHalfOpen: true, readableHighWaterMark: 1 });
    this.#carrier = carrier;
    this.id = id;
  }

  receive(payload: Buffer): void {
    this.#received.push(payload);
    this.#deliver();
  }

  receiveEnd(): void {
    this.#receivedEnd = true;
    this.#deliver();
  }

  receiveReset(): void {
    this.#receivedEnd = true;
    this.#sentEnd = true;
    this.destroy();
  }

  receiveCredit(bytes: number): void {
    this.#credit += bytes;
    this.#send();
  }

  override _read(): void {
    this.#wanted = true;
    this.#deliver();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#writing = { rest: chunk, done };
    this.#send();
  }

  override _final(done: () => void): void {
    this.#sentEnd = true;
    this.#carrier.end(this.id);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#writing?.done();
    this.#writing = undefined;
    this.#carrier.release(this.id, !(this.#receivedEnd && this.#sentEnd));
    done(error);
  }

  #send(): void {
    const writing = this.#writing;
    if (writing === undefined) return;
    while (writing.rest.length > 0 && this.#credit > 0) {
      const part = writing.rest.subarray(0, Math.min(DATA_BYTES, this.#credit));
      writing.rest = writing.rest.subarray(part.length);
      this.#credit -= part.length;
      this.#carrier.data(this.id, part);
    }
    if (writing.rest.length > 0) return;
    this.#writing = undefined;
    writing.done();
  }

  #deliver(): void {
    while (this.#wanted && this.#received.length > 0) {
      const chunk = this.#received.shift()!;
      this.#wanted = this.push(chunk);
      this.#untold += chunk.length;
    }
    if (this.#untold >= PORTION_BYTES && !this.#receivedEnd) {
      this.#carrier.credit(this.id, this.#untold);
      this.#untold = 0;
    }
    if (this.#wanted && this.#receivedEnd && this.#received.length === 0) {
      this.#wanted = false;
      this.push(null);
    }
  }
}
