/**
 * The connections of one server. Whoever has not shown a valid token yet is a stranger: only so many strangers may be
 * connected, and the one that came first gives way, so that no crowd of idle connections keeps anybody out.
 */
import type { Socket } from 'node:net';

/** Strangers become known within milliseconds; more of them at once are no clients of ours. */
const MOST_STRANGERS = 1024;

export class Connections {
  readonly #all = new Set<Socket>();
  /** In the order they came, by the addresses of both ends: a TLS connection has the same as the socket beneath it. */
  readonly #strangers = new Map<string, Socket>();
  readonly #mostStrangers: number;

  constructor(mostStrangers = MOST_STRANGERS) {
    this.#mostStrangers = mostStrangers;
  }

  add(socket: Socket): void {
    const key = endsOf(socket);
    this.#all.add(socket);
    this.#strangers.set(key, socket);
    socket.on('close', () => {
      this.#all.delete(socket);
      if (this.#strangers.get(key) === socket) this.#strangers.delete(key);
    });
    socket.on('error', () => socket.destroy());
    if (this.#strangers.size <= this.#mostStrangers) return;
    const [first] = this.#strangers;
    this.#strangers.delete(first![0]);
    first![1].destroy();
  }

  /** A valid token came over this connection. */
  welcome(socket: Socket): void {
    this.#strangers.delete(endsOf(socket));
  }

  destroyAll(): void {
    for (const socket of this.#all) socket.destroy();
  }
}

function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
