/** The upgrade of a request to WebSocket, with the protocol that is to be spoken within. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { badRequest } from '../status-error.ts';

/** The largest message a client may send; kubectl's are 32 KiB. */
const MESSAGE_LIMIT_BYTES = 1024 * 1024;

/** The best protocol of ours (best first) that the client offers. Throws BadRequest. */
export function negotiateSubprotocol<P extends string>(message: IncomingMessage, served: readonly P[]): P {
  const offered = String(message.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((protocol) => protocol.trim());
  const found = served.find((protocol) => offered.includes(protocol));
  if (message.headers.upgrade?.toLowerCase() === 'websocket' && found !== undefined) return found;
  throw badRequest(
    `unable to upgrade: this server speaks SPDY/3.1, and WebSocket with ${served.join(' or ')}; the client asked for ${[message.headers.upgrade, ...offered].join(' ')}`,
  );
}

/** Makes the handshake; a request that is no proper WebSocket request is answered, and `serve` not called. */
export async function switchToWebSocket(
  message: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  protocol: string,
  serve: (connection: WebSocket) => void,
): Promise<void> {
  // Read when the first stream is opened.
  const { WebSocketServer } = await import('ws');
  const server = new WebSocketServer({ noServer: true, clientTracking: false, maxPayload: MESSAGE_LIMIT_BYTES });
  // Negotiated by us: Kubernetes' names of tunnels are no tokens, which the handshake would refuse.
  delete message.headers['sec-websocket-protocol'];
  server.on('headers', (headers) => headers.push(`Sec-WebSocket-Protocol: ${protocol}`));
  server.handleUpgrade(message, socket, head, serve);
}
