/** `exec` and `attach`: the handshake of either protocol, then the session. */
import type { Duplex } from 'node:stream';
import type { ObjectRequest } from '../http/resource-request.ts';
import { asApiError } from '../status-error.ts';
import { runRemoteCommand, type StreamPeer } from './remote-command.ts';
import { negotiateProtocol, switchToSpdy, wantsSpdy } from './spdy-handshake.ts';
import { acceptSpdyPeer, SPDY_PROTOCOLS } from './spdy-peer.ts';
import { type StreamTarget, streamTarget } from './stream-request.ts';
import { negotiateSubprotocol, switchToWebSocket } from './web-socket-handshake.ts';
import { WEB_SOCKET_PROTOCOLS, WebSocketPeer } from './web-socket-peer.ts';

/** Returns when the handshake is made. Throws before it only. */
export async function serveRemoteCommand(request: ObjectRequest, socket: Duplex, head: Buffer): Promise<void> {
  const target = streamTarget(request);
  const { request: message } = request.exchange;
  if (wantsSpdy(message)) {
    const protocol = negotiateProtocol(message, SPDY_PROTOCOLS);
    switchToSpdy(socket, protocol);
    const peer = acceptSpdyPeer(socket, head, protocol, target.wanted);
    // A client that does not open its streams, or has gone, has nobody to be told.
    void peer.then(
      (accepted) => serveSession(target, accepted),
      () => undefined,
    );
    return;
  }
  const protocol = negotiateSubprotocol(message, WEB_SOCKET_PROTOCOLS);
  await switchToWebSocket(message, socket, head, protocol, (connection) => {
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
