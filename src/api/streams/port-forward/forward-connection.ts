/** One forwarded connection: the client's streams for it, joined with a connection to the pod. */
import type { Duplex, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Makes a connection to a port of the pod. */
export type ConnectToPort = (port: number) => Promise<Duplex>;

/** What the client has for one connection. */
export interface ForwardedStreams {
  readonly data: Duplex;
  /** Takes the text of why it failed. */
  readonly error: Writable;
}

/** Resolves when the connection is over, or could not be made and the client has been told. Never rejects. */
export async function forwardConnection(
  { data, error }: ForwardedStreams,
  { connect, port, pod }: { connect: ConnectToPort; port: number; pod: { readonly pod: string; readonly uid: string } },
): Promise<void> {
  let connection: Duplex;
  try {
    connection = await connect(port);
  } catch (reason) {
    error.end(`error forwarding port ${port} to pod ${pod.pod}, uid ${pod.uid}: ${(reason as Error).message}`);
    data.resume().end();
    return;
  }
  await relay(data, connection);
  error.end();
}

/**
 * Carries bytes both ways until the pod has sent its last: clients take that for the end of the connection. The
 * client's end of sending is passed on, and the pod may answer yet.
 */
async function relay(client: Duplex, pod: Duplex): Promise<void> {
  // A failure of either is the end of both; who waited for more sees it end.
  client.on('error', () => undefined);
  pod.on('error', () => undefined);
  const toPod = pipeline(client, pod).catch(() => undefined);
  await pipeline(pod, client).catch(() => client.destroy());
  pod.destroy();
  await toPod;
}
