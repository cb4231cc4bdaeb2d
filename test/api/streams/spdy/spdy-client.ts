/** A SPDY client of a few lines: it opens streams, sends frames, and keeps the frames it was sent. */
import type { Duplex } from 'node:stream';
import {
  type ControlFrame,
  encodeControlFrame,
  encodeDataFrame,
  type Frame,
} from '../../../../src/api/streams/spdy/frames.ts';
import { encodeHeaderBlock } from '../../../../src/api/streams/spdy/header-block.ts';
import { HeaderCompressor } from '../../../../src/api/streams/spdy/header-compression.ts';
import { FrameReader } from '../../../../src/api/streams/spdy/read-frames.ts';

export class SpdyClient {
  readonly frames: Frame[] = [];
  /** Resolves when the server has closed the connection. */
  readonly closed: Promise<void>;
  readonly socket: Duplex;
  readonly #compressor = new HeaderCompressor();
  readonly #changed: (() => void)[] = [];
  #next = 1;

  constructor(socket: Duplex) {
    this.socket = socket;
    const reader = new FrameReader();
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.frames.push(...reader.read(chunk));
      for (const resolve of this.#changed.splice(0)) resolve();
    });
    this.closed = new Promise((resolve) => {
      for (const event of ['end', 'close']) socket.on(event, resolve);
    });
  }

  /** Opens a stream, and gives its id. */
  open(headers: Record<string, string>, fin = false, oneWay = false): number {
    const id = this.#next;
    this.#next += 2;
    this.send({ type: 'syn-stream', id, fin, oneWay, block: this.compressed(headers) });
    return id;
  }

  compressed(headers: Record<string, string>): Buffer {
    return this.#compressor.compress(encodeHeaderBlock(new Map(Object.entries(headers))));
  }

  send(frame: Exclude<ControlFrame, { type: 'unknown' }>): void {
    this.socket.write(encodeControlFrame(frame));
  }

  data(id: number, payload: string | Buffer, fin = false): void {
    this.socket.write(encodeDataFrame(id, Buffer.from(payload), fin));
  }

  /** What came on a stream so far. */
  received(id: number): string {
    return Buffer.concat(
      this.frames.flatMap((frame) => (frame.type === 'data' && frame.id === id ? frame.payload : [])),
    ).toString();
  }

  /** Resolves with the first frame that fits. */
  async frame(fits: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const found = this.frames.find(fits);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#changed.push(resolve));
    }
  }

  /** Resolves when the server has ended its side of the stream. */
  async ended(id: number): Promise<string> {
    await this.frame((frame) => frame.type === 'data' && frame.id === id && frame.fin);
    return this.received(id);
  }

  async reset(id: number): Promise<number> {
    const frame = await this.frame((found) => found.type === 'rst-stream' && found.id === id);
    return (frame as Frame & { type: 'rst-stream' }).reason;
  }
}
