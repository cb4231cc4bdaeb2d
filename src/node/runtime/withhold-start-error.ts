/** Passes a program's standard error on, but keeps the tool's own complaint (the program could not be started) back. */
import { type Readable, Transform } from 'node:stream';
import { startErrorOf } from './start-error.ts';

export interface Ended {
  readonly code: number;
  /** The runtime's words for a program that could not be started. */
  readonly error?: string;
}

/**
 * `ended` is the exit code of the tools that start `program`. The answer's `exit` waits for the stream only with codes that a failed
 * start has, so nobody needs to read it to its end otherwise.
 */
export function withholdStartError(
  source: Readable,
  ended: Promise<number>,
  program: string,
): { readonly stream: Readable; readonly exit: Promise<Ended> } {
  let held = '';
  let error: string | undefined;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (held !== '' || /^(?:env|chroot): /.test(chunk.toString('latin1', 0, 8))) {
        held += chunk.toString();
        done();
      } else done(null, chunk);
    },
    flush(done) {
      if (held === '') done();
      else {
        void ended.then((code) => {
          error = startErrorOf(code, held, program);
          if (error === undefined) this.push(held);
          done();
        });
      }
    },
  });
  const flushed = new Promise<void>((resolve) => {
    stream.once('finish', resolve);
    stream.once('close', resolve);
  });
  source.once('close', () => {
    if (!stream.writableEnded) stream.end();
  });
  source.on('error', () => undefined);
  source.pipe(stream);
  const exit = ended.then(async (code) => {
    if (code < 125 || code > 127) return { code };
    await flushed;
    return error === undefined ? { code } : { code, error };
  });
  return { stream, exit };
}
