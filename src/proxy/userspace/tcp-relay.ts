/**
 * A relay for TCP: accepts on a port in the node's namespace, then looks for an endpoint that answers, and passes bytes both
 * ways with back-pressure. Each side may close its half alone; a connection that breaks on one side is reset on the other.
 * Times and tries are the first kube-proxy's (proxysocket.go), which closed both halves at the first end.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { NamespaceSockets, Netns } from '../../kernel/kernel.ts';
import type { IpFamily } from '../../net/ip.ts';
import type { EndpointPicker, RelayEndpoint } from './endpoint-picker.ts';

/** How long each try for an endpoint may take, milliseconds. */
export const DIAL_TIMEOUTS_MS: readonly number[] = [250, 500, 1000, 2000];
const KEEP_ALIVE_MS = 15_000;

export interface RelayPlace {
  readonly sockets: NamespaceSockets;
  readonly netns: Netns;
  readonly family: IpFamily;
}

/** An open relay. */
export interface Relay {
  readonly port: number;
  /** After a change of the picker's endpoints. */
  endpointsChanged(): void;
  /** Accepts nothing more; what has been accepted goes on (TCP) or ends (UDP). */
  close(): void;
}

/** Opens it on `port` (0: any). Rejects with EADDRINUSE and friends. */
export async function openTcpRelay(place: RelayPlace, picker: EndpointPicker, port: number): Promise<Relay> {
  const server: Server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => {
    serve(client, place, picker).catch(() => client.destroy());
  });
  await place.sockets.listen(place.netns, server, { host: place.family === 6 ? '::' : '0.0.0.0', port });
  server.on('error', () => undefined);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a relay without a port');
  return { port: address.port, endpointsChanged: () => undefined, close: () => void server.close() };
}

async function serve(client: Socket, place: RelayPlace, picker: EndpointPicker): Promise<void> {
  // Before it is passed on, its error has nobody else to hear it; 'close' follows.
  client.on('error', () => undefined);
  const source = client.remoteAddress ?? '';
  for (const [attempt, timeoutMs] of DIAL_TIMEOUTS_MS.entries()) {
    const endpoint = picker.pick(source, attempt > 0);
    if (endpoint === undefined) break;
    const backend = await dial(place, endpoint, timeoutMs);
    if (client.destroyed) return void backend?.destroy();
    if (backend !== undefined) return join(client, backend);
  }
  client.destroy();
}

/** A connection to the endpoint; undefined when it is refused or takes too long. */
function dial(
  { sockets, netns }: RelayPlace,
  { ip, port }: RelayEndpoint,
  timeoutMs: number,
): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const backend = sockets.connect(netns, { host: ip, port });
    backend.allowHalfOpen = true;
    const timer = setTimeout(() => backend.destroy(), timeoutMs);
    backend.once('connect', () => {
      clearTimeout(timer);
      resolve(backend);
    });
    // An error is followed by 'close'.
    backend.on('error', () => undefined);
    backend.once('close', () => {
      clearTimeout(timer);
      resolve(undefined);
    });
  });
}

function join(client: Socket, backend: Socket): void {
  for (const socket of [client, backend]) {
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
  }
  // `pipe` stops reading while the other side's buffer is full, and ends the other side's half when this one's ends.
  client.pipe(backend);
  backend.pipe(client);
  breakWith(client, backend);
  breakWith(backend, client);
}

/** When `one` is gone before it has ended its half, the `other` is reset: it must not take that for an orderly end. */
function breakWith(one: Socket, other: Socket): void {
  one.once('close', (hadError) => {
    if (hadError || !one.readableEnded) other.resetAndDestroy();
    else if (other.writable) other.end();
  });
}
