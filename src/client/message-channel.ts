/**
 * Messages between two processes of a lab: JSON, one a line, over any stream that carries bytes both ways
 * (a Unix socket outlives a crash of either side).
 */
import type { Duplex } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

export interface MessageChannel {
  send(message: unknown): void;
  onMessage(handler: (message: unknown) => void): void;
  /** Called once, when no message will come any more. */
  onClose(handler: () => void): void;
  close(): void;
}

/** A channel over a byte stream. A line that is no JSON closes it: the other side is not what it should be. */
export function streamChannel(stream: Duplex): MessageChannel {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let onMessage: (message: unknown) => void = () => undefined;
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      let message: unknown;
      try {
        message = JSON.parse(line);
      } catch (cause) {
        stream.destroy(new Error('not a message of a process of the lab', { cause }));
        return;
      }
      onMessage(message);
    }
  });
  // The end of a stream is told by 'close'; an error before it says nothing more.
  stream.on('error', () => undefined);
  return {
    send: (message) => {
      if (!stream.destroyed) stream.write(`${JSON.stringify(message)}\n`);
    },
    onMessage: (handler) => {
      onMessage = handler;
    },
    onClose: (handler) => void stream.once('close', handler),
    close: () => stream.destroy(),
  };
}
