/** Where a container's output goes: its log, and every session attached to it. */
import { PassThrough, type Readable } from 'node:stream';
import { ContainerLog } from './container-log.ts';

/** What a container may say before the first session comes that it waits for. */
const KEPT_BYTES = 64 << 10;

type Session = Readonly<Record<'stdout' | 'stderr', PassThrough>>;

export class OutputHub {
  readonly log = new ContainerLog();
  /** What was said before anybody attached; undefined when it is not kept, or handed over. */
  #missed: { stream: 'stdout' | 'stderr'; chunk: Buffer }[] | undefined;
  #missedBytes = 0;
  readonly #attached = new Set<Session>();
  readonly #sources = new Set<Readable>();
  #finished = false;
  #released = false;
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
    this.#sources.add(source);
    source.on('data', (chunk: Buffer) => {
      this.log.write(stream, chunk);
      if (this.#missed !== undefined && this.#missedBytes < KEPT_BYTES) {
        this.#missed.push({ stream, chunk });
        this.#missedBytes += chunk.length;
      }
      for (const session of this.#attached) session[stream].write(chunk);
      // A session that does not read holds the container up, as containerd's do.
      if (this.#isHeldUp()) source.pause();
    });
    // A broken pipe ends the stream; 'close' tells both.
    source.on('error', () => undefined);
    source.once('close', () => {
      this.#sources.delete(source);
      if (this.#sources.size === 0) this.#finish();
    });
  }

  attach(): Session & { readonly detach: () => void } {
    const session = { stdout: new PassThrough(), stderr: new PassThrough() };
    for (const { stream, chunk } of this.#missed ?? []) session[stream].write(chunk);
    this.#missed = undefined;
    for (const output of Object.values(session)) output.on('drain', () => this.#goOn());
    if (this.#finished) this.#part(session);
    else this.#attached.add(session);
    return { ...session, detach: () => this.#part(session) };
  }

  /** The container has ended: what it has left to say is taken in, whoever reads it. */
  release(): void {
    this.#released = true;
    this.#goOn();
  }

  #isHeldUp(): boolean {
    if (this.#released) return false;
    return [...this.#attached].some(({ stdout, stderr }) => stdout.writableNeedDrain || stderr.writableNeedDrain);
  }

  #goOn(): void {
    if (this.#isHeldUp()) return;
    for (const source of this.#sources) source.resume();
  }

  #part(session: Session): void {
    this.#attached.delete(session);
    session.stdout.end();
    session.stderr.end();
    this.#goOn();
  }

  #finish(): void {
    this.#finished = true;
    this.log.end();
    for (const session of this.#attached) this.#part(session);
    this.#onEnd();
  }
}
