/** Where a container's output goes: its log, and every session attached to it. */
import { PassThrough, type Readable } from 'node:stream';
import { ContainerLog } from './container-log.ts';

/** What a container may say before the first session comes that it waits for. */
const KEPT_BYTES = 64 << 10;

export class OutputHub {
  readonly log = new ContainerLog();
  /** What was said before anybody attached; undefined when it is not kept, or handed over. */
  #missed: { stream: 'stdout' | 'stderr'; chunk: Buffer }[] | undefined;
  #missedBytes = 0;
  readonly #attached = new Set<{ stdout: PassThrough; stderr: PassThrough }>();
  #open = 0;
  #finished = false;
  #onEnd: () => void = () => undefined;
  /** Resolves when every stream added has ended. */
  readonly ended = new Promise<void>((resolve) => (this.#onEnd = resolve));

  /**
   * `forFirst`: the first session is told what it missed. So for a container that takes standard input, which somebody means to
   * attach to: `kubectl run -i` comes when the container runs, and a quick program would have said all by then.
   */
  constructor({ forFirst = false }: { readonly forFirst?: boolean } = {}) {
    if (forFirst) this.#missed = [];
  }

  add(stream: 'stdout' | 'stderr', source: Readable): void {
    this.#open += 1;
    source.on('data', (chunk: Buffer) => {
      this.log.write(stream, chunk);
      if (this.#missed !== undefined && this.#missedBytes < KEPT_BYTES) {
        this.#missed.push({ stream, chunk });
        this.#missedBytes += chunk.length;
      }
      for (const session of this.#attached) session[stream].write(chunk);
    });
    // A broken pipe ends the stream; 'close' tells both.
    source.on('error', () => undefined);
    source.once('close', () => {
      this.#open -= 1;
      if (this.#open === 0) this.#finish();
    });
  }

  attach(): { stdout: PassThrough; stderr: PassThrough; detach: () => void } {
    const session = { stdout: new PassThrough(), stderr: new PassThrough() };
    for (const { stream, chunk } of this.#missed ?? []) session[stream].write(chunk);
    this.#missed = undefined;
    const end = () => {
      this.#attached.delete(session);
      session.stdout.end();
      session.stderr.end();
    };
    if (this.#finished) end();
    else this.#attached.add(session);
    return { ...session, detach: end };
  }

  #finish(): void {
    this.#finished = true;
    this.log.end();
    for (const session of this.#attached) {
      session.stdout.end();
      session.stderr.end();
    }
    this.#attached.clear();
    this.#onEnd();
  }
}
