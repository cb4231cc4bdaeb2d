/** One stream of a SPDY connection: a Duplex whose two directions end on their own. Destroyed early, it resets the stream. */
import { Duplex } from 'node:stream';
import type { Headers } from './header-block.ts';

const SMALL_BYTES = 4096;

/** What a stream asks of its connection. */
export interface StreamCarrier {
  /** Resolves when more may be sent, also when the stream or the connection has gone. */
  sendData(stream: SpdyStream, payload: Buffer): Promise<void>;
  sendFin(stream: SpdyStream): void;
  /** A chunk of the stream was taken, or thrown away. */
  consumed(stream: SpdyStream, bytes: number): void;
  /** The stream is over; `early`: before both directions had ended. */
  release(stream: SpdyStream, early: boolean): void;
}

export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: Headers;
  readonly #carrier: StreamCarrier;
  readonly #received: Buffer[] = [];
  #receivedFin: boolean;
  #sentFin = false;
  #wanted = false;

  constructor(carrier: StreamCarrier, id: number, headers: Headers, fin: boolean) {
    // What is not wanted yet stays with us, where the connection counts it.
    super({ allowHalfOpen: true, readableHighWaterMark: 1 });
    this.#carrier = carrier;
    this.id = id;
    this.headers = headers;
    this.#receivedFin = fin;
  }

  /** Nothing more comes from the other end. */
  get receivedFin(): boolean {
    return this.#receivedFin;
  }

  /** Takes what came for this stream. */
  receive(payload: Buffer, fin: boolean): void {
    // A small piece must not keep the large chunk it came in.
    if (payload.length > 0) this.#received.push(payload.length < SMALL_BYTES ? Buffer.from(payload) : payload);
    this.#receivedFin ||= fin;
    this.#deliver();
  }

  /** The other end has given the stream up. */
  receiveReset(): void {
    this.#receivedFin = true;
    this.#sentFin = true;
    this.destroy();
  }

  override _read(): void {
    this.#wanted = true;
    this.#deliver();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    void this.#carrier.sendData(this, chunk).then(done);
  }

  override _final(done: () => void): void {
    this.#sentFin = true;
    this.#carrier.sendFin(this);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    for (const chunk of this.#received.splice(0)) this.#carrier.consumed(this, chunk.length);
    this.#carrier.release(this, !(this.#receivedFin && this.#sentFin));
    done(error);
  }

  #deliver(): void {
    while (this.#wanted && this.#received.length > 0) {
      const chunk = this.#received.shift()!;
      this.#wanted = this.push(chunk);
      this.#carrier.consumed(this, chunk.length);
    }
    if (this.#wanted && this.#receivedFin && this.#received.length === 0) {
      this.#wanted = false;
      this.push(null);
    }
  }
}
