/**
 * The serial line between host and guest, as frames. The guest's line driver (arch/um/drivers/line.c) stops listening for
 * good once its reader's buffer of 4,096 bytes is full: so the host never has more under way than that buffer holds, and
 * the guest tells what it has read. The other way the line waits by itself.
 */
import type { Readable, Writable } from 'node:stream';
import { encodeFrame, type Frame, FrameReader } from './frames.ts';
import { LINE } from './line-kinds.ts';

/** Of the reader's 4,096 bytes 128 are kept back (drivers/tty/n_tty.c, TTY_THRESHOLD_THROTTLE). */
const GUEST_BUFFER_BYTES = 3840;

export interface LineOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** Which end this is. */
  readonly end: 'host' | 'guest';
}

export class Line {
  /** Takes the frames that come, but for those that are the line's own. */
  onFrame: (frame: Frame) => void = () => undefined;
  /** Resolves when nothing comes any more. */
  readonly closed: Promise<void>;
  readonly #output: Writable;
  readonly #end: 'host' | 'guest';
  readonly #reader = new FrameReader();
  readonly #waiting: Buffer[] = [];
  #underWay = 0;

  constructor({ input, output, end }: LineOptions) {
    this.#output = output;
    this.#end = end;
    input.on('data', (chunk: Buffer) => this.#receive(chunk));
    // 'close' follows.
    for (const stream of [input, output]) stream.on('error', () => undefined);
    this.closed = new Promise((resolve) => input.once('close', resolve));
  }

  send(kind: number, id: number, payload?: Uint8Array | string): void {
    const bytes = encodeFrame(kind, id, payload);
    if (this.#end === 'guest') {
      this.#output.write(bytes);
      return;
    }
    this.#waiting.push(bytes);
    this.#flush();
  }

  #receive(chunk: Buffer): void {
    if (this.#end === 'guest') this.send(LINE.taken, chunk.length);
    for (const frame of this.#reader.read(chunk)) {
      if (frame.kind === LINE.taken) this.#taken(frame.id);
      else this.onFrame(frame);
    }
  }

  #taken(bytes: number): void {
    this.#underWay -= bytes;
    this.#flush();
  }

  #flush(): void {
    while (this.#waiting.length > 0 && this.#underWay < GUEST_BUFFER_BYTES) {
      const first = this.#waiting.shift()!;
      const part = first.subarray(0, GUEST_BUFFER_BYTES - this.#underWay);
      if (part.length < first.length) this.#waiting.unshift(first.subarray(part.length));
      this.#underWay += part.length;
      this.#output.write(part);
    }
  }
}
