/** Port-forward over SPDY: a client opens two streams for every connection, one for its data, one for an error. */
import type { Duplex } from 'node:stream';
import type { Headers } from '../spdy/header-block.ts';
import { SpdySession } from '../spdy/spdy-session.ts';
import type { SpdyStream } from '../spdy/spdy-stream.ts';
import { type ConnectToPort, forwardConnection } from './forward-connection.ts';
import { type ForwardTarget, parsePort } from './forward-target.ts';

export const PORT_FORWARD_PROTOCOL = 'portforward.k8s.io';

/** As the kubelet: how long a client may take to open the second stream. */
const SECOND_STREAM_MS = 30_000;

type StreamType = 'data' | 'error';
type Pair = Partial<Record<StreamType, SpdyStream>>;

/** Serves until the client closes the connection. */
export async function serveSpdyPortForward(
  socket: Duplex,
  head: Buffer,
  pod: ForwardTarget,
  connect: ConnectToPort,
): Promise<void> {
  const waiting = new Map<string, { readonly pair: Pair; readonly late: NodeJS.Timeout }>();

  function opened(stream: SpdyStream): void {
    const type = typeOf(stream.headers)!;
    const request = requestOf(stream, type);
    const { pair, late } = waiting.get(request) ?? awaitSecond(request);
    if (pair[type] !== undefined) {
      stream.destroy();
      return;
    }
    pair[type] = stream;
    // The client says nothing on it; its end is to be seen all the same.
    if (type === 'error') stream.resume();
    const { data, error } = pair;
    if (data === undefined || error === undefined) return;
    clearTimeout(late);
    waiting.delete(request);
    void forwardConnection({ data, error }, { connect, pod, port: parsePort(data.headers.get('port') ?? '')! });
  }

  function awaitSecond(request: string) {
    const pair: Pair = {};
    const late = setTimeout(() => {
      waiting.delete(request);
      pair.error?.end('timed out waiting for streams');
      pair.data?.destroy();
    }, SECOND_STREAM_MS);
    waiting.set(request, { pair, late });
    return { pair, late };
  }

  const admits = (headers: Headers) =>
    typeOf(headers) !== undefined && parsePort(headers.get('port') ?? '') !== undefined;
  await new SpdySession(socket, head, { admits, opened }).closed;
  for (const { late } of waiting.values()) clearTimeout(late);
}

function typeOf(headers: Headers): StreamType | undefined {
  const type = headers.get('streamtype');
  return type === 'data' || type === 'error' ? type : undefined;
}

/** Old clients number no requests: they open the error stream, then the data stream. */
function requestOf({ id, headers }: SpdyStream, type: StreamType): string {
  return headers.get('requestid') || `stream ${type === 'error' ? id : id - 2}`;
}
