/** `portforward`: the handshake of each of its protocols, then the session. */
import type { Duplex } from 'node:stream';
import type { ObjectRequest } from '../../http/resource-request.ts';
import { negotiateProtocol, switchToSpdy, wantsSpdy } from '../spdy-handshake.ts';
import { negotiateSubprotocol, switchToWebSocket } from '../web-socket-handshake.ts';
import type { ConnectToPort } from './forward-connection.ts';
import { forwardTarget, wantedPorts } from './forward-target.ts';
import { PORT_FORWARD_PROTOCOL, serveSpdyPortForward } from './spdy-port-forward.ts';
import { CHANNEL_PROTOCOLS, serveWebSocketPortForward } from './web-socket-port-forward.ts';

/** SPDY within WebSocket messages, for ways that let only WebSocket through. */
const TUNNEL_PROTOCOL = `SPDY/3.1+${PORT_FORWARD_PROTOCOL}` as const;

/** Returns when the handshake is made. Throws before it only. */
export async function servePortForward(request: ObjectRequest, socket: Duplex, head: Buffer): Promise<void> {
  const target = forwardTarget(request);
  const connect: ConnectToPort = (port) => request.kubelets.portForward(target, port);
  const { request: message, query } = request.exchange;
  if (wantsSpdy(message)) {
    switchToSpdy(socket, negotiateProtocol(message, [PORT_FORWARD_PROTOCOL]));
    void serveSpdyPortForward(socket, head, target, connect);
    return;
  }
  const protocol = negotiateSubprotocol(message, [TUNNEL_PROTOCOL, ...CHANNEL_PROTOCOLS]);
  const { createWebSocketStream } = await import('ws');
  if (protocol === TUNNEL_PROTOCOL) {
    await switchToWebSocket(message, socket, head, protocol, (connection) => {
      void serveSpdyPortForward(createWebSocketStream(connection), Buffer.alloc(0), target, connect);
    });
    return;
  }
  const ports = wantedPorts(query);
  await switchToWebSocket(message, socket, head, protocol, (connection) => {
    void serveWebSocketPortForward(connection, protocol, ports, target, connect);
  });
}
