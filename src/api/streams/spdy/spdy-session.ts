/**
 * The server's end of a SPDY/3.1 connection. The client alone opens streams; we answer them with empty headers.
 * Whatever breaks the protocol or our limits ends the connection; a single stream that is not wanted is reset.
 */
import type { Duplex } from 'node:stream';
import { Acknowledgements } from './flow-control.ts';
import { FrameSender } from './frame-sender.ts';
import { encodeControlFrame, type Frame, GOAWAY, INITIAL_WINDOW_SIZE, RESET, type ResetReason } from './frames.ts';
import { decodeHeaderBlock, encodeHeaderBlock, type Headers } from './header-block.ts';
import { HeaderCompressor, HeaderDecompressor } from './header-compression.ts';
import { FrameReader } from './read-frames.ts';
import { SpdyError } from './spdy-error.ts';
import { SpdyStream, type StreamCarrier } from './spdy-stream.ts';

export interface SessionHandler {
  /** Whether a stream with these headers is wanted; otherwise it is reset. */
  admits(headers: Headers, id: number): boolean;
  opened(stream: SpdyStream): void;
}

/** Held unread for all streams together before we stop reading the connection. */
const HELD_LIMIT_BYTES = 1024 * 1024;
/** What a held chunk costs besides its bytes, so that tiny ones are limited too. */
const CHUNK_COST_BYTES = 256;
const STREAMS_LIMIT = 1024;
/** A client that has gone is noticed by what is sent to it, also while we do not read. */
const PING_INTERVAL_MS = 30_000;
/** For a client to take our reason before the connection is cut. */
const GOAWAY_MS = 1000;
const NO_HEADERS = encodeHeaderBlock(new Map());

export class SpdySession implements StreamCarrier {
  /** Resolves when the connection has ended, for whatever reason. */
  readonly closed: Promise<void>;
  readonly #socket: Duplex;
  readonly #handler: SessionHandler;
  readonly #sender: FrameSender;
  readonly #reader = new FrameReader();
  readonly #decompressor = new HeaderDecompressor();
  readonly #compressor = new HeaderCompressor();
  readonly #acknowledgements = new Acknowledgements();
  readonly #streams = new Map<number, SpdyStream>();
  #lastStream = 0;
  #lastPing = 0;
  #held = 0;
  #resume: (() => void) | undefined;
  #goingAway = false;
  #over = false;

  /** Serves `socket`, of which `head` has been read already. */
  constructor(socket: Duplex, head: Buffer, handler: SessionHandler) {
    this.#socket = socket;
    this.#handler = handler;
    this.#sender = new FrameSender(socket);
    // 'close' follows, and says all we need to know.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#end());
    const pings = setInterval(() => this.#ping(), PING_INTERVAL_MS);
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        clearInterval(pings);
        resolve();
      });
    });
    void this.#serve(head);
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#socket.destroy();
  }

  sendData(stream: SpdyStream, payload: Buffer): Promise<void> {
    return this.#sender.data(stream.id, payload, () => stream.destroyed);
  }

  sendFin({ id }: SpdyStream): void {
    this.#sender.fin(id);
  }

  consumed({ id, receivedFin }: SpdyStream, bytes: number): void {
    this.#held -= bytes + CHUNK_COST_BYTES;
    if (this.#held <= HELD_LIMIT_BYTES) this.#resume?.();
    for (const of of receivedFin ? [0] : [0, id]) {
      const delta = this.#acknowledgements.taken(of, bytes);
      if (delta !== undefined) this.#send({ type: 'window-update', id: of, delta });
    }
  }

  release({ id }: SpdyStream, early: boolean): void {
    this.#streams.delete(id);
    this.#sender.credit.close(id);
    this.#acknowledgements.close(id);
    this.#sender.wake();
    if (early) this.#reset(id, RESET.cancel);
    if (this.#goingAway && this.#streams.size === 0) this.#socket.end();
  }

  async #serve(head: Buffer): Promise<void> {
    try {
      await this.#receiveAll(head);
      const chunks = this.#socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
      for await (const chunk of chunks) await this.#receiveAll(chunk);
      this.#socket.destroy();
    } catch (error) {
      this.#fail(error);
    }
  }

  async #receiveAll(bytes: Buffer): Promise<void> {
    for (const frame of this.#reader.read(bytes)) {
      if (this.#over) return;
      this.#receive(frame);
      if (this.#held <= HELD_LIMIT_BYTES) continue;
      await new Promise<void>((resolve) => {
        this.#resume = resolve;
      });
      this.#resume = undefined;
    }
  }

  #receive(frame: Frame): void {
    switch (frame.type) {
      case 'data':
        this.#receiveData(frame);
        break;
      case 'syn-stream':
        this.#open(frame);
        break;
      case 'headers':
        // Read although nobody wants them: what follows is compressed against them.
        this.#headersOf(frame.block);
        this.#streams.get(frame.id)?.receive(Buffer.alloc(0), frame.fin);
        break;
      case 'rst-stream':
        this.#streams.get(frame.id)?.receiveReset();
        break;
      case 'ping':
        // Ours have even ids, and come back as an answer.
        if (frame.id % 2 === 1) this.#send(frame);
        break;
      case 'goaway':
        this.#goingAway = true;
        if (this.#streams.size === 0) this.#socket.end();
        break;
      case 'settings':
      case 'window-update':
        this.#receiveWindow(frame);
        break;
      case 'syn-reply':
        throw new SpdyError('a reply to a stream that was never opened');
      case 'unknown':
    }
  }

  #receiveWindow(frame: Frame & { type: 'settings' | 'window-update' }): void {
    const { credit } = this.#sender;
    if (frame.type === 'window-update') credit.grant(frame.id, frame.delta);
    const initial = frame.type === 'settings' ? frame.values.get(INITIAL_WINDOW_SIZE) : undefined;
    if (initial !== undefined) credit.setInitial(initial);
    this.#sender.wake();
  }

  #receiveData({ id, payload, fin }: Frame & { type: 'data' }): void {
    const stream = this.#streams.get(id);
    if (stream !== undefined && !stream.receivedFin) {
      if (payload.length > 0) this.#held += payload.length + CHUNK_COST_BYTES;
      stream.receive(payload, fin);
    } else if (id > this.#lastStream || id === 0) {
      this.#reset(id, RESET.invalidStream);
    }
    // Else it is for a stream that is over already, and was under way then.
  }

  #open({ id, fin, oneWay, block }: Frame & { type: 'syn-stream' }): void {
    const headers = this.#headersOf(block);
    if (id % 2 === 0 || id <= this.#lastStream) throw new SpdyError(`stream ${id} after stream ${this.#lastStream}`);
    this.#lastStream = id;
    if (this.#goingAway || oneWay || this.#streams.size >= STREAMS_LIMIT || !this.#handler.admits(headers, id)) {
      this.#reset(id, RESET.refusedStream);
      return;
    }
    const stream = new SpdyStream(this, id, headers, fin);
    this.#streams.set(id, stream);
    this.#sender.credit.open(id);
    this.#send({ type: 'syn-reply', id, fin: false, block: this.#compressor.compress(NO_HEADERS) });
    this.#handler.opened(stream);
  }

  #headersOf(block: Buffer): Headers {
    return decodeHeaderBlock(this.#decompressor.decompress(block));
  }

  #reset(id: number, reason: ResetReason): void {
    this.#send({ type: 'rst-stream', id, reason });
  }

  #ping(): void {
    this.#lastPing = (this.#lastPing + 2) % 0x80000000;
    this.#send({ type: 'ping', id: this.#lastPing });
  }

  #send(frame: Parameters<FrameSender['control']>[0]): void {
    if (this.#over) return;
    try {
      this.#sender.control(frame);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Ends the connection; a client that broke the protocol is told so. */
  #fail(error: unknown): void {
    if (this.#over) return;
    this.#end();
    if (!(error instanceof SpdyError) || !this.#socket.writable) {
      this.#socket.destroy();
      return;
    }
    const cut = setTimeout(() => this.#socket.destroy(), GOAWAY_MS);
    this.#socket.on('close', () => clearTimeout(cut));
    const { protocolError: reason } = GOAWAY;
    this.#socket.end(encodeControlFrame({ type: 'goaway', lastStream: this.#lastStream, reason }), () => {
      this.#socket.destroy();
    });
  }

  #end(): void {
    this.#over = true;
    for (const stream of this.#streams.values()) stream.destroy();
    this.#sender.wake();
    this.#resume?.();
  }
}
