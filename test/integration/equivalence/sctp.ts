/**
 * Questions over SCTP: a real association where the kernel has such sockets (User-mode Linux), else an INIT of our own and the
 * INIT ACK that comes back. Servers and those who ask are in this process: whoever waits for an answer has the servers work.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kernel, Netns } from '../../../src/kernel/kernel.ts';
import { hasSctpSockets, SctpClient, SctpServer } from '../proxy/sctp-associations.ts';
import { INIT, INIT_ACK, RawSctp } from '../proxy/sctp-packets.ts';
import { type Answer, answerOf, failureOf } from './exchange.ts';

export interface SctpPlace {
  readonly netns: Netns;
  readonly ip: string;
}

export interface Sctp {
  /** What an answer proves. */
  readonly proof: 'associations' | 'INIT packets';
  serve(place: SctpPlace, name: string, port: number): void;
  ask(from: SctpPlace, host: string, port: number, withinMs: number): Promise<Answer>;
  close(): void;
}

/** The best there is in this kernel. */
export function openSctp(kernel: Kernel): Sctp {
  return hasSctpSockets() ? associations(kernel) : packets(kernel);
}

const POLL_MS = 2;

/** Asks `heard` until it has something to say. */
async function listen(heard: () => Answer | undefined, withinMs: number): Promise<Answer> {
  const deadline = performance.now() + withinMs;
  try {
    while (performance.now() < deadline) {
      const answer = heard();
      if (answer !== undefined) return answer;
      await sleep(POLL_MS);
    }
    return { failed: 'silence' };
  } catch (error) {
    return { failed: failureOf((error as NodeJS.ErrnoException).code ?? '') };
  }
}

function associations(kernel: Kernel): Sctp {
  const servers: SctpServer[] = [];
  return {
    proof: 'associations',
    serve: ({ netns, ip }, name, port) => void servers.push(new SctpServer(kernel, netns, name, { ip, port })),
    ask: async ({ netns, ip }, host, port, withinMs) => {
      const client = new SctpClient(kernel, netns, ip, { ip: host, port });
      const heard = () => {
        for (const server of servers) server.answer();
        const text = client.heard();
        return text === undefined ? undefined : answerOf(text);
      };
      return await listen(heard, withinMs).finally(() => client.close());
    },
    close: () => {
      for (const server of servers) server.close();
    },
  };
}

/** An INIT's source port and tag are its number: so its server and who came are found again. */
function packets(kernel: Kernel): Sctp {
  const servers: { readonly raw: RawSctp; readonly name: string; readonly port: number }[] = [];
  const met = new Map<number, { readonly server: string; readonly peer: string }>();
  let number = 20_000;
  const work = () => {
    for (const { raw, name, port } of servers)
      for (let packet = raw.receive(); packet !== undefined; packet = raw.receive()) {
        if (packet.chunk !== INIT || packet.port !== port) continue;
        const { source, sourcePort, initTag } = packet;
        met.set(initTag, { server: name, peer: source });
        raw.send(source, { sourcePort: port, port: sourcePort, tag: initTag, chunk: INIT_ACK, initTag });
      }
  };
  return {
    proof: 'INIT packets',
    serve: ({ netns }, name, port) => void servers.push({ raw: new RawSctp(kernel, netns), name, port }),
    ask: async ({ netns }, host, port, withinMs) => {
      number = number === 60_000 ? 20_000 : number + 1;
      const tag = number;
      const raw = new RawSctp(kernel, netns);
      const heard = () => {
        work();
        for (let packet = raw.receive(); packet !== undefined; packet = raw.receive())
          if (packet.chunk === INIT_ACK && packet.tag === tag && packet.sourcePort === port) return met.get(tag);
        return undefined;
      };
      try {
        raw.connect(host);
        raw.send(host, { sourcePort: tag, port, tag: 0, chunk: INIT, initTag: tag });
        return await listen(heard, withinMs);
      } finally {
        raw.close();
      }
    },
    close: () => {
      for (const { raw } of servers) raw.close();
    },
  };
}
