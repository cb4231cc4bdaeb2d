/**
 * What a container wrote: complete lines with their times, bounded, oldest dropped first; and whoever follows. Knows nothing of
 * containers. A line longer than 16 KiB is kept in pieces, as container runtimes do.
 */
import { StringDecoder } from 'node:string_decoder';
import type { LogLine } from '../standins/protocol.ts';

const MEBIBYTE = 1 << 20;
const LONGEST_LINE = 16 * 1024;

type Stream = LogLine['stream'];

export class ContainerLog {
  readonly #kept: number;
  #lines: LogLine[] = [];
  /** Lines that were dropped: the number of the first that is kept. */
  #dropped = 0;
  #characters = 0;
  #ended = false;
  readonly #partial = {
    stdout: { decoder: new StringDecoder('utf8'), text: '' },
    stderr: { decoder: new StringDecoder('utf8'), text: '' },
  };
  /** Called when there is something to read. */
  readonly #followers = new Set<() => void>();

  /** Keeps the last `kept` characters. */
  constructor(kept = MEBIBYTE) {
    this.#kept = kept;
  }

  /** Bytes as they were written; lines may begin in one chunk and end in another. */
  write(stream: Stream, chunk: Buffer): void {
    const partial = this.#partial[stream];
    const pieces = (partial.text + partial.decoder.write(chunk)).split('\n');
    partial.text = pieces.pop() ?? '';
    for (const piece of pieces) this.line(stream, piece);
    while (partial.text.length > LONGEST_LINE) {
      this.line(stream, partial.text.slice(0, LONGEST_LINE));
      partial.text = partial.text.slice(LONGEST_LINE);
    }
  }

  /** One complete line, without its end. */
  line(stream: Stream, text: string): void {
    const line: LogLine = { time: timestamp(), stream, text };
    this.#lines.push(line);
    this.#characters += text.length + 1;
    if (this.#characters > this.#kept) this.#dropOldest();
    for (const wake of this.#followers) wake();
  }

  /** Nothing more will come; an unfinished line is kept as it is. */
  end(): void {
    if (this.#ended) return;
    for (const stream of ['stdout', 'stderr'] as const) {
      const partial = this.#partial[stream];
      if (partial.text !== '') this.line(stream, partial.text);
      partial.text = '';
    }
    this.#ended = true;
    for (const wake of this.#followers) wake();
  }

  /**
   * Everything kept, then (with `follow`) what comes until the end or until `signal`. A follower that does not keep up misses what
   * is dropped meanwhile.
   */
  async *read({ follow, signal }: { follow: boolean; signal: AbortSignal }): AsyncGenerator<readonly LogLine[]> {
    let next = this.#dropped;
    const unread = (): readonly LogLine[] => {
      const lines = this.#lines.slice(Math.max(0, next - this.#dropped));
      next = this.#dropped + this.#lines.length;
      return lines;
    };
    if (!follow) {
      yield unread();
      return;
    }
    let wake: () => void = () => undefined;
    const onNews = () => wake();
    this.#followers.add(onNews);
    signal.addEventListener('abort', onNews);
    try {
      while (!signal.aborted) {
        const lines = unread();
        if (lines.length > 0) yield lines;
        else if (this.#ended) return;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    } finally {
      signal.removeEventListener('abort', onNews);
      this.#followers.delete(onNews);
    }
  }

  /** Drops a tenth more than needed, so that a chatty container does not pay for each line. */
  #dropOldest(): void {
    let first = 0;
    while (this.#characters > this.#kept * 0.9 && first < this.#lines.length - 1) {
      this.#characters -= this.#lines[first]!.text.length + 1;
      first += 1;
    }
    this.#lines = this.#lines.slice(first);
    this.#dropped += first;
  }
}

/** Now, as container runtimes write it: RFC 3339 with nanoseconds (the clock's own resolution is the microsecond). */
function timestamp(): string {
  const now = performance.timeOrigin + performance.now();
  const micros = Math.floor((now % 1) * 1000);
  return new Date(now).toISOString().replace('Z', `${String(micros).padStart(3, '0')}000Z`);
}
