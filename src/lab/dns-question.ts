/** One DNS question over UDP, asked from a namespace: how the lab finds out that its DNS answers. RFC 1035. */
import type { NamespaceSockets, Netns } from '../kernel/kernel.ts';
import { wildcardFor } from '../net/host-port.ts';
import { familyOf, type IpFamily } from '../net/ip.ts';

const HEADER_BYTES = 12;
/** A and AAAA. */
const TYPE: Readonly<Record<IpFamily, number>> = { 4: 1, 6: 28 };
const CLASS_IN = 1;
const RECURSION_DESIRED = 0x0100;
const RCODE_MASK = 0x0f;

/** A query for the addresses of `name` of a family. */
export function addressQuery(name: string, id: number, family: IpFamily): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(RECURSION_DESIRED, 2);
  header.writeUInt16BE(1, 4);
  const labels = name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  const tail = Buffer.alloc(5);
  tail.writeUInt16BE(TYPE[family], 1);
  tail.writeUInt16BE(CLASS_IN, 3);
  return Buffer.concat([header, ...labels, tail]);
}

/** True for a response to query `id` that carries an answer. */
export function isAnswered(response: Buffer, id: number): boolean {
  return (
    response.length >= HEADER_BYTES &&
    response.readUInt16BE(0) === id &&
    (response[3]! & RCODE_MASK) === 0 &&
    response.readUInt16BE(6) > 0
  );
}

/** Asks `server` from `netns` for addresses of its own family, the cluster's primary; false when no answer with an address has come within `timeoutMs`. A socket of its own each time. */
export async function ask(
  sockets: NamespaceSockets,
  netns: Netns,
  server: string,
  name: string,
  timeoutMs: number,
): Promise<boolean> {
  const id = Math.floor(Math.random() * 0x10000);
  const socket = await sockets.bindUdp(netns, { host: wildcardFor([server]), port: 0 });
  try {
    return await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs);
      socket.on('message', (response) => {
        clearTimeout(timer);
        resolve(isAnswered(response, id));
      });
      // A refusal (no endpoint yet) comes back as an ICMP message, and with it as an error.
      socket.on('error', () => {
        clearTimeout(timer);
        resolve(false);
      });
      socket.send(addressQuery(name, id, familyOf(server)), 53, server);
    });
  } finally {
    socket.close();
  }
}

const ASK_EVERY_MS = 5;
const ASK_TIMEOUT_MS = 100;

/**
 * Resolves with true at the first answer, with false at the deadline (milliseconds since the epoch). Asks anew every few
 * milliseconds and waits for no question in particular: one that leaves ahead of the rules is lost.
 */
export function firstAnswer(
  sockets: NamespaceSockets,
  netns: Netns,
  server: string,
  name: string,
  deadline: number,
): Promise<boolean> {
  return new Promise<boolean>((resolve, reject) => {
    const timer = setInterval(once, ASK_EVERY_MS);
    once();
    function once(): void {
      if (Date.now() > deadline) end(false);
      else ask(sockets, netns, server, name, ASK_TIMEOUT_MS).then((answered) => answered && end(true), fail);
    }
    function end(answered: boolean): void {
      clearInterval(timer);
      resolve(answered);
    }
    function fail(error: Error): void {
      clearInterval(timer);
      reject(error);
    }
  });
}
