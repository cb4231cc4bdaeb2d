/** Many streams over one line. The host opens them, the guest serves them; either end may give one up. */
import type { Duplex } from 'node:stream';
import type { Frame } from './frames.ts';
import type { Line } from './line.ts';
import { LINE } from './line-kinds.ts';
import { LineStream, type StreamCarrier } from './line-stream.ts';

export class Multiplexer implements StreamCarrier {
  /** Resolves when the guest listens (on the host's end). */
  readonly greeted: Promise<void>;
  readonly #line: Line;
  readonly #serve: (service: string, stream: Duplex) => void;
  readonly #streams = new Map<number, LineStream>();
  #greet: () => void = () => undefined;
  #last = 0;

  /** `serve` takes the streams that the other end opens, each with the service it asks for. */
  constructor(line: Line, serve: (service: string, stream: Duplex) => void) {
    this.#line = line;
    this.#serve = serve;
    this.greeted = new Promise((resolve) => {
      this.#greet = resolve;
    });
    line.onFrame = (frame) => this.#receive(frame);
    void line.closed.then(() => {
      for (const stream of this.#streams.values()) stream.receiveReset();
    });
  }

  /** Tells the host that this end listens. */
  greet(): void {
    this.#line.send(LINE.hello, 0);
  }

  /** A stream to a service of the other end; destroyed when there is none. */
  open(service: string): Duplex {
    this.#last = (this.#last + 1) >>> 0;
    this.#line.send(LINE.open, this.#last, service);
    return this.#add(this.#last);
  }

  data(id: number, payload: Buffer): void {
    this.#line.send(LINE.data, id, payload);
  }

  end(id: number): void {
    this.#line.send(LINE.end, id);
  }

  credit(id: number, bytes: number): void {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(bytes);
    this.#line.send(LINE.credit, id, payload);
  }

  release(id: number, early: boolean): void {
    this.#streams.delete(id);
    if (early) this.#line.send(LINE.reset, id);
  }

  #add(id: number): LineStream {
    const stream = new LineStream(this, id);
    // A stream that was given up says so by 'close'.
    stream.on('error', () => undefined);
    this.#streams.set(id, stream);
    return stream;
  }

  #receive({ kind, id, payload }: Frame): void {
    // What comes for a stream that is over here already was under way then.
    const stream = this.#streams.get(id);
    if (kind === LINE.hello) this.#greet();
    else if (kind === LINE.open) this.#serve(payload.toString(), this.#add(id));
    else if (kind === LINE.data) stream?.receive(payload);
    else if (kind === LINE.end) stream?.receiveEnd();
    else if (kind === LINE.reset) stream?.receiveReset();
    else if (kind === LINE.credit) stream?.receiveCredit(payload.readUInt32BE());
  }
}
