/** Requests to upgrade a connection: what is wrong with their target is told in plain HTTP, before the handshake. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocketServer } from 'ws';
import type { ObjectRequest } from '../http/resource-request.ts';
import { asApiError, badRequest, pathNotFound } from '../status-error.ts';
import { runRemoteCommand, type StreamPeer } from './remote-command.ts';
import { type StreamTarget, streamTarget } from './stream-request.ts';
import { WEB_SOCKET_PROTOCOLS, WebSocketPeer } from './web-socket-peer.ts';

/** The largest message a client may send; kubectl's are 32 KiB. */
const MESSAGE_LIMIT_BYTES = 1024 * 1024;

let server: Promise<WebSocketServer> | undefined;

/** The WebSocket handshake; its package is read when the first stream is opened. */
function webSocketServer(): Promise<WebSocketServer> {
  server ??= import('ws').then(
    ({ WebSocketServer: Server }) =>
      new Server({
        noServer: true,
        maxPayload: MESSAGE_LIMIT_BYTES,
        handleProtocols: (offered) => WEB_SOCKET_PROTOCOLS.find((protocol) => offered.has(protocol)) ?? false,
      }),
  );
  return server;
}

/** Serves `exec` and `attach`; returns when the handshake is made. Throws before it only. */
export async function handleUpgrade(request: ObjectRequest, socket: Duplex, head: Buffer): Promise<void> {
  const { subresource } = request.path;
  const served = request.definition.subresources.some((found) => found === subresource);
  if (!served || (subresource !== 'exec' && subresource !== 'attach')) throw pathNotFound();
  const target = streamTarget(request);
  const { request: message } = request.exchange;
  requireWebSocket(message);
  const handshake = await webSocketServer();
  handshake.handleUpgrade(message, socket, head, (connection) => {
    void serveSession(target, new WebSocketPeer(connection));
  });
}

/** What the kubelet refuses is told through the stream: a client takes a refused handshake for a protocol not spoken. */
async function serveSession(target: StreamTarget, peer: StreamPeer): Promise<void> {
  try {
    await runRemoteCommand(await target.open(), peer);
  } catch (error) {
    peer.finish(asApiError(error).status);
  }
}

/** Throws BadRequest for another protocol. */
function requireWebSocket(message: IncomingMessage): void {
  const offered = offeredProtocols(message);
  const webSocket = message.headers.upgrade?.toLowerCase() === 'websocket';
  if (webSocket && WEB_SOCKET_PROTOCOLS.some((protocol) => offered.includes(protocol))) return;
  throw badRequest(
    `unable to upgrade: this server speaks WebSocket with ${WEB_SOCKET_PROTOCOLS.join(' or ')}, the client asked for ${[message.headers.upgrade, ...offered].join(' ')}`,
  );
}

function offeredProtocols(message: IncomingMessage): string[] {
  const header = message.headers['sec-websocket-protocol'] ?? message.headers['x-stream-protocol-version'] ?? '';
  return String(header)
    .split(',')
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== '');
}
