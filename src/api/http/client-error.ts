/** Answers what is no HTTP request, came too slowly, or is too large to be read: no handler ever sees it. */
import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ApiError } from '../../objects/transport.ts';
import { badRequest, statusError } from '../status-error.ts';

/** Ends the connection with a Status, where something can still be said. `answer` is the connection's latest. */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  answer: Pick<ServerResponse, 'headersSent' | 'writableFinished'> | undefined,
): void {
  const isAnswering = answer?.headersSent === true && !answer.writableFinished;
  const isDeaf = error.code === 'ECONNRESET' || /^ERR_(TLS|SSL)_/.test(error.code ?? '') || !socket.writable;
  // Into an answer that is under way no other may be written.
  if (isDeaf || isAnswering) {
    socket.destroy();
    return;
  }
  const { code, status } = refusalOf(error);
  const body = `${JSON.stringify(status)}\n`;
  const head = [
    `HTTP/1.1 ${code} ${STATUS_CODES[code]}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

function refusalOf({ code, message }: NodeJS.ErrnoException): ApiError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return statusError(431, 'RequestHeaderFieldsTooLarge', 'the request line and headers are too long');
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return statusError(408, 'Timeout', 'the request did not arrive in time');
  }
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') {
    return statusError(413, 'RequestEntityTooLarge', 'the chunk extensions of the body are too long');
  }
  return badRequest(`this is no HTTP request: ${message}`);
}
