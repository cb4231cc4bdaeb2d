/** Another DNS server, reached from the DNS pod's namespace: for names outside the cluster. */
import { randomInt } from 'node:crypto';
import type { Socket as UdpSocket } from 'node:dgram';
import type { NamespaceSockets, Netns } from '../kernel/kernel.ts';
import { HEADER_BYTES } from './query-reader.ts';
import { frame, TcpFrames } from './tcp-frames.ts';

export interface Upstream {
  /** The upstream's response to this message, with the message's id. Rejects after a timeout. */
  forward(message: Buffer, transport: 'udp' | 'tcp'): Promise<Buffer>;
  close(): void;
}

/** CoreDNS's read timeout, and the time a client's own resolver takes to give up twice over. */
const TIMEOUT_MS = 2000;
/** Of 65,536 ids, so that a free one is found soon. */
const MOST_PENDING = 32_768;

/** Opens an upstream; one UDP socket serves all questions. */
export async function openUpstream(
  sockets: NamespaceSockets,
  netns: Netns,
  server: { readonly host: string; readonly port: number },
): Promise<Upstream> {
  const udp = await sockets.bindUdp(netns, { host: server.host.includes(':') ? '::' : '0.0.0.0', port: 0 });
  // Connected: no other can answer in its name, and that nobody listens there is known at once.
  await new Promise<void>((resolve, reject) => {
    udp.once('error', reject);
    udp.connect(server.port, server.host, () => {
      udp.off('error', reject);
      resolve();
    });
  });
  const ask = new UdpAsker(udp, server);
  const overTcp = (message: Buffer) => askOverTcp(sockets, netns, server, message);
  return {
    forward: (message, transport) => (transport === 'udp' ? ask.send(message) : overTcp(message)),
    close: () => ask.close(),
  };
}

interface Pending {
  readonly answered: (response: Buffer) => void;
  readonly failed: (error: Error) => void;
}

/** Questions over one UDP socket, told apart by ids of our own. */
class UdpAsker {
  readonly #socket: UdpSocket;
  readonly #name: string;
  readonly #pending = new Map<number, Pending>();

  constructor(socket: UdpSocket, { host }: { readonly host: string }) {
    this.#socket = socket;
    this.#name = host;
    socket.on('message', (message) => {
      if (message.length >= HEADER_BYTES) this.#pending.get(message.readUInt16BE(0))?.answered(message);
    });
    // An ICMP message: whatever is under way has nobody to answer it.
    socket.on('error', (error) => {
      for (const { failed } of [...this.#pending.values()]) failed(error);
    });
  }

  send(message: Buffer): Promise<Buffer> {
    if (this.#pending.size >= MOST_PENDING) return Promise.reject(new Error('too many questions are under way'));
    let id = randomInt(0x10000);
    while (this.#pending.has(id)) id = (id + 1) & 0xffff;
    return new Promise((resolve, reject) => {
      const failed = (error: Error) => {
        clearTimeout(timer);
        this.#pending.delete(id);
        reject(error);
      };
      const timer = setTimeout(
        () => failed(new Error(`no answer from ${this.#name} within ${TIMEOUT_MS} ms`)),
        TIMEOUT_MS,
      );
      const answered = (response: Buffer) => {
        clearTimeout(timer);
        this.#pending.delete(id);
        resolve(withId(response, message.readUInt16BE(0)));
      };
      this.#pending.set(id, { answered, failed });
      this.#socket.send(withId(message, id));
    });
  }

  close(): void {
    this.#socket.close();
  }
}

function askOverTcp(
  sockets: NamespaceSockets,
  netns: Netns,
  server: { readonly host: string; readonly port: number },
  message: Buffer,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = sockets.connect(netns, server);
    const frames = new TcpFrames((response) => {
      socket.destroy();
      resolve(response);
    });
    socket.setTimeout(TIMEOUT_MS, () =>
      socket.destroy(new Error(`no answer from ${server.host} within ${TIMEOUT_MS} ms`)),
    );
    socket.on('data', (chunk) => frames.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`${server.host} closed the connection`)));
    socket.write(frame(message));
  });
}

function withId(message: Buffer, id: number): Buffer {
  const copy = Buffer.from(message);
  copy.writeUInt16BE(id, 0);
  return copy;
}
