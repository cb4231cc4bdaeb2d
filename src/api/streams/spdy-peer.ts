/** The SPDY form of a remote command: one stream each for stdin, stdout, stderr, terminal sizes, and how it ended. */
import type { Duplex } from 'node:stream';
import type { Status } from '../../objects/wire.ts';
import type { OutputChannel, StdinListener, StreamPeer } from './remote-command.ts';
import { SpdySession } from './spdy/spdy-session.ts';
import type { SpdyStream } from './spdy/spdy-stream.ts';
import { parseTerminalSize, type TerminalSize } from './terminal-size.ts';

/** The newest first. From v3 on sizes are sent; from v4 on the end is told as a Status, before as a message. */
export const SPDY_PROTOCOLS = [
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
] as const;
export type SpdyProtocol = (typeof SPDY_PROTOCOLS)[number];

type StreamType = 'stdin' | 'stdout' | 'stderr' | 'error' | 'resize';

/** As the kubelet: how long a client may take to open its streams. */
const OPENING_MS = 30_000;
/** No size takes as many characters. */
const SIZE_LENGTH_LIMIT = 1024;

export interface WantedStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** Resolves when the client has opened all streams it announced; rejects when it does not, or goes. */
export async function acceptSpdyPeer(
  socket: Duplex,
  head: Buffer,
  protocol: SpdyProtocol,
  wanted: WantedStreams,
): Promise<SpdyPeer> {
  const missing = streamTypes(protocol, wanted);
  const streams = new Map<StreamType, SpdyStream>();
  const opened = Promise.withResolvers<void>();
  const session = new SpdySession(socket, head, {
    admits: (headers) => missing.delete(headers.get('streamtype') as StreamType),
    opened(stream) {
      streams.set(stream.headers.get('streamtype') as StreamType, stream);
      if (missing.size === 0) opened.resolve();
    },
  });
  const late = setTimeout(() => opened.reject(new Error('timed out waiting for client to create streams')), OPENING_MS);
  void session.closed.then(() => opened.reject(new Error('the client has gone')));
  try {
    await opened.promise;
  } catch (error) {
    session.destroy();
    throw error;
  } finally {
    clearTimeout(late);
  }
  return new SpdyPeer(session, streams, protocol);
}

function streamTypes(protocol: SpdyProtocol, { stdin, stdout, stderr, tty }: WantedStreams): Set<StreamType> {
  const resizes = protocol === 'v4.channel.k8s.io' || protocol === 'v3.channel.k8s.io';
  const types: Record<StreamType, boolean> = {
    error: true,
    stdin,
    stdout,
    stderr: stderr && !tty,
    resize: tty && resizes,
  };
  return new Set((Object.keys(types) as StreamType[]).filter((type) => types[type]));
}

export class SpdyPeer implements StreamPeer {
  readonly #session: SpdySession;
  readonly #streams: ReadonlyMap<StreamType, SpdyStream>;
  readonly #protocol: SpdyProtocol;

  constructor(session: SpdySession, streams: ReadonlyMap<StreamType, SpdyStream>, protocol: SpdyProtocol) {
    this.#session = session;
    this.#streams = streams;
    this.#protocol = protocol;
    // The client's side of these has nothing to say; its end is to be seen all the same.
    for (const type of ['error', 'stdout', 'stderr'] as const) streams.get(type)?.resume();
  }

  onStdin(listener: StdinListener): void {
    const stream = this.#streams.get('stdin');
    if (stream !== undefined) void passStdin(stream, listener);
  }

  onResize(listener: (size: TerminalSize) => void): void {
    let rest = '';
    this.#streams.get('resize')?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop()!.slice(0, SIZE_LENGTH_LIMIT);
      for (const line of lines) {
        const size = parseTerminalSize(line);
        if (size !== undefined) listener(size);
      }
    });
  }

  onClose(listener: () => void): void {
    void this.#session.closed.then(listener);
  }

  send(channel: OutputChannel, chunk: Uint8Array): Promise<void> {
    const stream = this.#streams.get(channel);
    if (stream === undefined || stream.destroyed) return Promise.resolve();
    return new Promise((resolve) => stream.write(chunk, () => resolve()));
  }

  /** The client closes the connection when it has read everything: cut by us, it might lose the last of it. */
  finish(status: Status): void {
    const text = this.#protocol === 'v4.channel.k8s.io' ? JSON.stringify(status) : failureText(status);
    this.#streams.get('stdout')?.end();
    this.#streams.get('stderr')?.end();
    this.#streams.get('error')?.end(text);
  }
}

function failureText(status: Status): string {
  return status.status === 'Success' ? '' : (status.message ?? '');
}

async function passStdin(stream: SpdyStream, listener: StdinListener): Promise<void> {
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) await listener.data(chunk);
  } catch {
    // Reset, or the client has gone: the end of the input.
  }
  listener.end();
}
