/** The ends of answers: waiting for a client that reads slowly, and for one that is still sending. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** A client that takes nothing for this long is gone, or does not mean well. */
const STALLED_MS = 60_000;
/** What is still read of a body nobody wants. */
const LINGER_BYTES = 8 * 1024 * 1024;
const LINGER_MS = 2_000;

/** Resolves when the client has taken what was written, or the connection is gone; cuts off a client that takes nothing. */
export function drained(response: ServerResponse, stalledMs = STALLED_MS): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => response.destroy(), stalledMs);
    const done = () => {
      clearTimeout(timer);
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
    if (response.destroyed) done();
  });
}

/**
 * Ends a response whose request is still being sent. What comes is read and dropped for a while: on a connection closed
 * with unread data TCP takes back the answer before the client has read it.
 */
export function endAfterRequest(request: IncomingMessage, response: ServerResponse): void {
  let read = 0;
  const timer = setTimeout(end, LINGER_MS);
  function end(): void {
    clearTimeout(timer);
    request.off('data', count);
    response.end();
  }
  function count(chunk: Buffer): void {
    read += chunk.length;
    if (read > LINGER_BYTES) end();
  }
  request.on('data', count);
  request.on('end', end);
  request.on('close', end);
  request.resume();
}
