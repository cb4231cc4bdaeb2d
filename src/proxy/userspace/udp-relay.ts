/**
 * A relay for UDP: each client (address and port) has an endpoint and a socket of its own towards it until neither side has
 * sent for a while, or the endpoint vanishes. As the first kube-proxy (proxysocket.go, `--udp-timeout`).
 */
import type { RemoteInfo, Socket } from 'node:dgram';
import type { EndpointPicker, RelayEndpoint } from './endpoint-picker.ts';
import type { Relay, RelayPlace } from './tcp-relay.ts';

/** kube-proxy's default, milliseconds. */
export const UDP_IDLE_TIMEOUT_MS = 250;
/** Packets kept for a client whose socket is only just being made. */
const MOST_WAITING = 16;

interface Session {
  readonly endpoint: RelayEndpoint;
  readonly timer: NodeJS.Timeout;
  socket: Socket | undefined;
  waiting: Buffer[];
  isClosed: boolean;
}

/** Opens it on `port` (0: any). Rejects with EADDRINUSE and friends. */
export async function openUdpRelay(
  place: RelayPlace,
  picker: EndpointPicker,
  port: number,
  idleTimeoutMs: number = UDP_IDLE_TIMEOUT_MS,
): Promise<Relay> {
  const any = place.family === 6 ? '::' : '0.0.0.0';
  const front = await place.sockets.bindUdp(place.netns, { host: any, port });
  const sessions = new Map<string, Session>();

  const end = (client: string, session: Session) => {
    session.isClosed = true;
    clearTimeout(session.timer);
    session.socket?.close();
    if (sessions.get(client) === session) sessions.delete(client);
  };

  const begin = (client: string, peer: RemoteInfo): Session | undefined => {
    const endpoint = picker.pick(peer.address);
    if (endpoint === undefined) return undefined;
    const timer = setTimeout(() => end(client, session), idleTimeoutMs);
    const session: Session = { endpoint, timer, socket: undefined, waiting: [], isClosed: false };
    sessions.set(client, session);
    place.sockets.bindUdp(place.netns, { host: any, port: 0 }).then(
      (socket) => {
        if (session.isClosed) return void socket.close();
        session.socket = socket;
        // ICMP errors of earlier packets: a refusal is the client's to notice by its own time-out.
        socket.on('error', () => undefined);
        socket.on('message', (packet, from) => {
          if (from.port !== endpoint.port || from.address !== endpoint.ip) return;
          session.timer.refresh();
          front.send(packet, peer.port, peer.address);
        });
        for (const packet of session.waiting) socket.send(packet, endpoint.port, endpoint.ip);
        session.waiting = [];
      },
      // No socket to be had (EMFILE): the packet is lost, as packets may be.
      () => end(client, session),
    );
    return session;
  };

  front.on('error', () => undefined);
  front.on('message', (packet, peer) => {
    const client = `${peer.address} ${peer.port}`;
    const session = sessions.get(client) ?? begin(client, peer);
    if (session === undefined) return;
    session.timer.refresh();
    if (session.socket !== undefined) session.socket.send(packet, session.endpoint.port, session.endpoint.ip);
    else if (session.waiting.length < MOST_WAITING) session.waiting.push(packet);
  });

  return {
    port: front.address().port,
    endpointsChanged() {
      for (const [client, session] of sessions) if (!picker.has(session.endpoint)) end(client, session);
    },
    close() {
      for (const [client, session] of sessions) end(client, session);
      front.close();
    },
  };
}
