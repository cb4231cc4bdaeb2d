/** Node streams over raw descriptors that wait without a thread: pipes and the master of a terminal. */
import { Socket } from 'node:net';
import { type Duplex, PassThrough, type Readable, type Writable } from 'node:stream';
import { ReadStream } from 'node:tty';

/** The read end of a pipe; the stream owns the descriptor. */
export function pipeReader(fd: number): Readable {
  return new Socket({ fd, readable: true, writable: false });
}

/** The write end of a pipe. A reader that has gone is no error of the writer's. */
export function pipeWriter(fd: number): Writable {
  const stream = new Socket({ fd, readable: false, writable: true });
  stream.on('error', () => undefined);
  return stream;
}

/** The master of a terminal, read and written. Its end is EIO, when the last slave is closed: told as 'close'. */
export function terminalStream(fd: number): Duplex {
  // Typed as readable alone, yet the socket it is built on writes as well.
  const stream = new ReadStream(fd) as unknown as Duplex;
  stream.on('error', () => undefined);
  return stream;
}

/** What a terminal says, ending as any stream does. */
export function terminalOutput(terminal: Duplex): Readable {
  const output = new PassThrough();
  // A stalled reader holds up the program, as on any terminal. (What the stream has not passed on yet keeps it from its end.)
  terminal.pipe(output, { end: false });
  terminal.once('close', () => output.end());
  return output;
}
