/** Port 53 in the DNS pod's namespace, UDP and TCP. Carries messages to the resolver and back. */
import type { Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import type { NamespaceSockets, Netns } from '../kernel/kernel.ts';
import type { Resolver } from './resolver.ts';
import { frame, TcpFrames } from './tcp-frames.ts';

/** A TCP client that asks nothing for so long is sent away. */
const TCP_IDLE_MS = 10_000;

export interface DnsServer {
  /** Closes both ports; open TCP connections are cut. */
  close(): Promise<void>;
}

/** Opens both ports at `address`. */
export async function openDnsServer(
  sockets: NamespaceSockets,
  netns: Netns,
  address: { readonly host: string; readonly port: number },
  resolve: Resolver,
): Promise<DnsServer> {
  const connections = new Set<Socket>();
  const tcp = createServer({ allowHalfOpen: true }, (socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    serveTcp(socket, resolve);
  });
  const udp = await sockets.bindUdp(netns, address);
  try {
    await sockets.listen(netns, tcp, address);
  } catch (error) {
    udp.close();
    throw error;
  }
  serveUdp(udp, resolve);
  return { close: () => closeAll(udp, tcp, connections) };
}

function serveUdp(udp: UdpSocket, resolve: Resolver): void {
  // A client that is gone (ICMP unreachable), an answer that does not get out: no matter of ours, it will ask again.
  udp.on('error', () => undefined);
  udp.on('message', (message, from) => {
    const response = resolve(message, { transport: 'udp', address: from.address, port: from.port });
    const send = (bytes: Buffer) => udp.send(bytes, from.port, from.address);
    if (response instanceof Promise) void response.then(send);
    else if (response !== undefined) send(response);
  });
}

function serveTcp(socket: Socket, resolve: Resolver): void {
  const client = { transport: 'tcp', address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 } as const;
  let underWay = 0;
  let ended = false;
  const endWhenDone = () => {
    if (ended && underWay === 0) socket.end();
  };
  // Questions may come one behind the other without waiting; each is answered as soon as it can be (RFC 7766).
  const frames = new TcpFrames((message) => {
    const response = resolve(message, client);
    const send = (bytes: Buffer) => void socket.write(frame(bytes));
    if (!(response instanceof Promise)) {
      if (response !== undefined) send(response);
      return;
    }
    underWay += 1;
    void response.then((bytes) => {
      underWay -= 1;
      send(bytes);
      endWhenDone();
    });
  });
  socket.setTimeout(TCP_IDLE_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => frames.push(chunk));
  socket.on('end', () => {
    ended = true;
    endWhenDone();
  });
}

async function closeAll(udp: UdpSocket, tcp: Server, connections: ReadonlySet<Socket>): Promise<void> {
  const closed = [
    new Promise<void>((resolve) => udp.close(() => resolve())),
    new Promise<void>((resolve) => tcp.close(() => resolve())),
  ];
  for (const connection of connections) connection.destroy();
  await Promise.all(closed);
}
