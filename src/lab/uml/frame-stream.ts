/** Frames on a stream that carries bytes: read as the reader takes them, written as the other end does. */
import { once } from 'node:events';
import type { Duplex, Readable } from 'node:stream';
import { encodeFrame, FRAME_LIMIT_BYTES, type Frame, FrameReader } from './frames.ts';

/** The frames of a stream, until it ends or is given up. */
export async function* framesOf(stream: Readable): AsyncGenerator<Frame, undefined> {
  const reader = new FrameReader();
  try {
    const chunks = stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    for await (const chunk of chunks) yield* reader.read(chunk);
  } catch {
    // Given up: nobody is there to be told.
  }
  return undefined;
}

/** Sends a frame whose payload is JSON. */
export function sendJson(stream: Duplex, kind: number, value: unknown): void {
  if (stream.writable) stream.write(encodeFrame(kind, 0, JSON.stringify(value)));
}

/** Sends bytes, as many frames as they need; resolves when the other end has room for more, or is gone. */
export async function sendBytes(stream: Duplex, kind: number, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; at += FRAME_LIMIT_BYTES) {
    if (!stream.writable) return;
    const taken = stream.write(encodeFrame(kind, 0, bytes.subarray(at, at + FRAME_LIMIT_BYTES)));
    if (!taken) await drained(stream);
  }
}

async function drained(stream: Duplex): Promise<void> {
  const over = new AbortController();
  const options = { signal: over.signal };
  const either = [once(stream, 'drain', options), once(stream, 'close', options)].map((each) =>
    each.catch(() => undefined),
  );
  await Promise.race(either);
  over.abort();
}
