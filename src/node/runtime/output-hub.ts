/** Where a container's output goes: its log, and every session attached to it. */
import { PassThrough, type Readable } from 'node:stream';
import { ContainerLog } from './container-log.ts';

export class OutputHub {
  readonly log = new ContainerLog();
  readonly #attached = new Set<{ stdout: PassThrough; stderr: PassThrough }>();
  #open = 0;
  #finished = false;
  #onEnd: () => void = () => undefined;
  /** Resolves when every stream added has ended. */
  readonly ended = new Promise<void>((resolve) => (this.#onEnd = resolve));

  add(stream: 'stdout' | 'stderr', source: Readable): void {
    this.#open += 1;
    source.on('data', (chunk: Buffer) => {
      this.log.write(stream, chunk);
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
