/**
 * Port-forward in the older WebSocket form (`v4.channel.k8s.io`): one connection for every port named in the query. Port i has
 * channel 2i for data and 2i + 1 for an error; each begins with the port, 16 bits, little endian. v5 adds half-close.
 */
import { Duplex, Writable } from 'node:stream';
import type { WebSocket } from 'ws';
import { CHANNEL, framed } from '../web-socket-peer.ts';
import { type ConnectToPort, forwardConnection } from './forward-connection.ts';
import type { ForwardTarget } from './forward-target.ts';

export const CHANNEL_PROTOCOLS = ['v4.channel.k8s.io', 'v5.channel.k8s.io'] as const;

const NORMAL_CLOSURE = 1000;

/** Serves until all connections are over, or the client has gone. */
export async function serveWebSocketPortForward(
  socket: WebSocket,
  protocol: (typeof CHANNEL_PROTOCOLS)[number],
  ports: readonly number[],
  pod: ForwardTarget,
  connect: ConnectToPort,
): Promise<void> {
  const halfCloses = protocol === 'v5.channel.k8s.io';
  const channels = ports.map((port, index) => ({
    port,
    data: new DataChannel(socket, 2 * index, halfCloses),
    error: errorChannel(socket, 2 * index + 1),
  }));
  // 'close' follows, and says all we need to know.
  socket.on('error', () => undefined);
  socket.on('message', (message: Buffer) => {
    const [channel = 0] = message;
    if (halfCloses && channel === CHANNEL.close) dataOf(message[1] ?? 1)?.receive(null);
    else dataOf(channel)?.receive(message.subarray(1));
  });
  socket.on('close', () => {
    for (const { data } of channels) data.destroy();
  });
  const dataOf = (channel: number) => (channel % 2 === 0 ? channels[channel / 2]?.data : undefined);
  await Promise.all(
    channels.map(({ port, data, error }) => {
      const head = Buffer.alloc(2);
      head.writeUInt16LE(port);
      data.write(head);
      error.write(head);
      return forwardConnection({ data, error }, { connect, port, pod });
    }),
  );
  socket.close(NORMAL_CLOSURE);
}

class DataChannel extends Duplex {
  readonly #socket: WebSocket;
  readonly #channel: number;
  readonly #halfCloses: boolean;
  #ended = false;

  constructor(socket: WebSocket, channel: number, halfCloses: boolean) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    this.#channel = channel;
    this.#halfCloses = halfCloses;
  }

  /** Takes what came for this channel; null is the end. */
  receive(payload: Buffer | null): void {
    if (this.#ended) return;
    this.#ended = payload === null;
    // One slow port holds up the others: the protocol has no window of its own.
    if (!this.push(payload) && payload !== null) this.#socket.pause();
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    // A client that has gone is told by 'close'.
    this.#socket.send(framed(this.#channel, chunk), () => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#ended = true;
    this.#socket.resume();
    done(error);
  }

  override _final(done: () => void): void {
    if (this.#halfCloses) this.#socket.send(Buffer.of(CHANNEL.close, this.#channel), () => done());
    else done();
  }
}

function errorChannel(socket: WebSocket, channel: number): Writable {
  return new Writable({ write: (chunk: Buffer, _encoding, done) => socket.send(framed(channel, chunk), () => done()) });
}
