/** The sending side of a connection: frames in order, data as fast as the client takes it. */
import type { Duplex } from 'node:stream';
import { SendCredit } from './flow-control.ts';
import { type ControlFrame, encodeControlFrame, encodeDataFrame } from './frames.ts';
import { SpdyError } from './spdy-error.ts';

/** So that streams take turns. */
const DATA_FRAME_BYTES = 32 * 1024;
/** Control frames that a client may leave unread: it makes us send them (a ping is answered, a stream is too). */
const UNREAD_CONTROL_LIMIT = 4096;

export class FrameSender {
  readonly credit = new SendCredit();
  readonly #socket: Duplex;
  #unreadControl = 0;
  #waiting: (() => void)[] = [];

  constructor(socket: Duplex) {
    this.#socket = socket;
    socket.on('drain', () => this.wake());
    socket.on('close', () => this.wake());
  }

  /** Throws SpdyError when the client makes us send and does not read. */
  control(frame: Exclude<ControlFrame, { type: 'unknown' }>): void {
    if (!this.#socket.writable) return;
    if (this.#unreadControl >= UNREAD_CONTROL_LIMIT) throw new SpdyError('a client that does not read its answers');
    this.#unreadControl++;
    this.#socket.write(encodeControlFrame(frame), () => {
      this.#unreadControl--;
    });
  }

  /** Sends as the client takes it. Resolves when more may be sent, or when `abandoned` says that nobody waits. */
  async data(id: number, payload: Buffer, abandoned: () => boolean): Promise<void> {
    const over = () => abandoned() || !this.#socket.writable;
    for (let sent = 0; sent < payload.length; ) {
      while (!over() && (this.#socket.writableNeedDrain || this.credit.available(id) <= 0)) await this.#change();
      if (over()) return;
      const end = Math.min(payload.length, sent + DATA_FRAME_BYTES, sent + this.credit.available(id));
      this.#socket.write(encodeDataFrame(id, payload.subarray(sent, end), false));
      this.credit.spend(id, end - sent);
      sent = end;
    }
  }

  fin(id: number): void {
    if (this.#socket.writable) this.#socket.write(encodeDataFrame(id, Buffer.alloc(0), true));
  }

  /** Has those who wait look again: something they may wait for has changed. */
  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
