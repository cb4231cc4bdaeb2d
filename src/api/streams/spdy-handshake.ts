/** The upgrade of a request to SPDY/3.1, with the protocol that is to be spoken within. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { badRequest, statusError } from '../status-error.ts';

const PROTOCOL_HEADER = 'x-stream-protocol-version';

export function wantsSpdy(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'spdy/3.1';
}

/** The first of the client's protocols that is served. Throws BadRequest and Forbidden, as Kubernetes says it. */
export function negotiateProtocol<P extends string>(request: IncomingMessage, served: readonly P[]): P {
  const offered = String(request.headers[PROTOCOL_HEADER] ?? '')
    .split(',')
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== '');
  if (offered.length === 0) throw badRequest('unable to upgrade: X-Stream-Protocol-Version is required');
  for (const protocol of offered) {
    const found = served.find((known) => known === protocol);
    if (found !== undefined) return found;
  }
  throw statusError(
    403,
    'Forbidden',
    `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${served.join(' ')}]`,
  );
}

/** Answers the request; SPDY is spoken from then on. */
export function switchToSpdy(socket: Duplex, protocol: string): void {
  socket.write(
    [
      'HTTP/1.1 101 Switching Protocols',
      'Connection: Upgrade',
      'Upgrade: SPDY/3.1',
      `X-Stream-Protocol-Version: ${protocol}`,
      '\r\n',
    ].join('\r\n'),
  );
}
