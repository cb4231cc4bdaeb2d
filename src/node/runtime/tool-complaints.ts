/**
 * Passes a program's standard error on, without what the tools that started it say there themselves: `env`, that the program could not
 * be started; `unshare`, that it was killed (it cannot kill itself in the same way, and ends with 1 instead).
 */
import { type Readable, Transform } from 'node:stream';
import { startErrorOf } from './start-error.ts';

export interface Ended {
  /** 137 for a program that was killed, whatever the tool ended with. */
  readonly code: number;
  /** The runtime's words for a program that could not be started. */
  readonly error?: string;
}

const KILLED = /unshare: sigprocmask unblock failed: [^\n]*\n/;
/** The complaint comes in several writes: its beginning may be all there is yet. */
const KILLED_BEGUN = /unshare: (?:sigprocmask[^\n]*)?$/;
const KILLED_CODE = 137;
/** What a tool ends with that has said something. */
const COMPLAINT_CODES = new Set([1, 125, 126, 127]);

/**
 * `ended` is the exit code of the tools that start `program`. The answer's `exit` waits for the stream only with codes that a complaint
 * goes with, so nobody needs to read it to its end otherwise.
 */
export function withholdComplaints(
  source: Readable,
  ended: Promise<number>,
  program: string,
): { readonly stream: Readable; readonly exit: Promise<Ended> } {
  let held = '';
  let begun = '';
  let killed = false;
  let error: string | undefined;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (held !== '' || /^(?:env|chroot): /.test(chunk.toString('latin1', 0, 8))) {
        held += chunk.toString();
        done();
      } else if (begun !== '' || chunk.includes('unshare: ')) {
        // One character a byte: what the program wrote passes unchanged, text or not.
        const text = begun + chunk.toString('latin1');
        killed ||= KILLED.test(text);
        const rest = text.replace(KILLED, '');
        begun = KILLED_BEGUN.exec(rest)?.[0] ?? '';
        done(null, Buffer.from(rest.slice(0, rest.length - begun.length), 'latin1'));
      } else done(null, chunk);
    },
    flush(done) {
      if (begun !== '') this.push(Buffer.from(begun, 'latin1'));
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
    if (!COMPLAINT_CODES.has(code)) return { code };
    await flushed;
    if (code === 1 && killed) return { code: KILLED_CODE };
    return error === undefined ? { code } : { code, error };
  });
  return { stream, exit };
}
