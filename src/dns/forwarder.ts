/** The `forward` plugin: which names go to other servers, to which of them, and to another when one does not answer. */
import type { NamespaceSockets, Netns } from '../kernel/kernel.ts';
import { serverAddress } from './corefile-values.ts';
import { isWithin } from './domain-name.ts';
import { type ForwardConfig, RESOLV_CONF } from './plugin-config.ts';
import { openUpstream, type Upstream } from './upstream.ts';

export interface Forwarder {
  /** True for a name (lower case) that it passes on. */
  takes(name: string): boolean;
  /** False while `max_concurrent` questions are under way. */
  readonly hasRoom: boolean;
  /** The response of an upstream; each is asked in turn until one answers. Rejects when none does. */
  forward(message: Buffer, transport: 'udp' | 'tcp'): Promise<Buffer>;
  close(): void;
}

export interface ForwarderOptions {
  readonly sockets: NamespaceSockets;
  readonly netns: Netns;
  /** The name servers of the pod's resolv.conf. */
  readonly nameservers: readonly string[];
}

/** Opens the sockets of a forward. */
export async function openForwarder(
  { from, except, to, policy, maxConcurrent }: ForwardConfig,
  { sockets, netns, nameservers }: ForwarderOptions,
): Promise<Forwarder> {
  const servers = to.flatMap((target) =>
    target === RESOLV_CONF ? nameservers.map((address) => serverAddress(address)) : [target],
  );
  const upstreams: Upstream[] = [];
  for (const server of servers) upstreams.push(await openUpstream(sockets, netns, server));
  let underWay = 0;
  let turn = 0;
  const first = () => {
    if (policy === 'sequential') return 0;
    turn = policy === 'round_robin' ? turn + 1 : Math.floor(Math.random() * upstreams.length);
    return turn;
  };
  const ask = async (message: Buffer, transport: 'udp' | 'tcp') => {
    let failure: unknown = new Error('there is no upstream to ask');
    const start = first();
    for (let tried = 0; tried < upstreams.length; tried += 1) {
      try {
        return await upstreams[(start + tried) % upstreams.length]!.forward(message, transport);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  };
  return {
    takes: (name) => isWithin(name, from) && !except.some((zone) => isWithin(name, zone)),
    get hasRoom() {
      return maxConcurrent === 0 || underWay < maxConcurrent;
    },
    async forward(message, transport) {
      underWay += 1;
      try {
        return await ask(message, transport);
      } finally {
        underWay -= 1;
      }
    },
    close: () => {
      for (const upstream of upstreams) upstream.close();
    },
  };
}
