/**
 * The WebSocket form of the streams (`v5.channel.k8s.io`, `v4.channel.k8s.io`): one binary message per chunk, its first
 * byte the channel. v5 adds a message that closes a channel.
 */
import type { WebSocket } from 'ws';
import type { Status } from '../../objects/wire.ts';
import type { OutputChannel, StdinListener, StreamPeer } from './remote-command.ts';
import { parseTerminalSize } from './terminal-size.ts';

export const WEB_SOCKET_PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;

/** Channels of a remote command; the last, of v5, names a channel that is closed. */
export const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;
const NORMAL_CLOSURE = 1000;

export class WebSocketPeer implements StreamPeer {
  readonly #socket: WebSocket;
  #stdin: StdinListener | undefined;
  #resize: ((size: { columns: number; rows: number }) => void) | undefined;
  /** What came before anyone listened, a message or two: a client may type ahead. */
  #early: Buffer[] = [];

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (message: Buffer) => this.#receive(message));
    // 'close' follows, and says all we need to know.
    socket.on('error', () => undefined);
  }

  onStdin(listener: StdinListener): void {
    this.#stdin = listener;
    this.#deliverEarly();
  }

  onResize(listener: (size: { columns: number; rows: number }) => void): void {
    this.#resize = listener;
    this.#deliverEarly();
  }

  onClose(listener: () => void): void {
    if (this.#socket.readyState === this.#socket.CLOSED) listener();
    else this.#socket.once('close', listener);
  }

  send(channel: OutputChannel, chunk: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.#socket.send(framed(CHANNEL[channel], chunk), () => resolve()));
  }

  finish(status: Status): void {
    this.#socket.send(framed(CHANNEL.error, Buffer.from(JSON.stringify(status))), () => {
      this.#socket.close(NORMAL_CLOSURE);
    });
  }

  #deliverEarly(): void {
    if (this.#stdin === undefined || this.#resize === undefined) return;
    for (const message of this.#early.splice(0)) this.#receive(message);
    this.#socket.resume();
  }

  #receive(message: Buffer): void {
    if (this.#stdin === undefined || this.#resize === undefined) {
      this.#early.push(message);
      this.#socket.pause();
      return;
    }
    const payload = message.subarray(1);
    switch (message[0]) {
      case CHANNEL.stdin:
        this.#socket.pause();
        void this.#stdin.data(payload).then(() => this.#socket.resume());
        break;
      case CHANNEL.resize:
        this.#receiveSize(payload);
        break;
      case CHANNEL.close:
        if (payload[0] === CHANNEL.stdin) this.#stdin.end();
        break;
    }
  }

  #receiveSize(payload: Buffer): void {
    const size = parseTerminalSize(payload.toString());
    // A terminal without a size (0 by 0, in `script` or a pipeline) is sent as it is: no reason to end the session.
    if (size !== undefined) this.#resize?.(size);
  }
}

/** A message of a channel. */
export function framed(channel: number, chunk: Uint8Array): Buffer {
  const message = Buffer.allocUnsafe(chunk.byteLength + 1);
  message[0] = channel;
  message.set(chunk, 1);
  return message;
}
