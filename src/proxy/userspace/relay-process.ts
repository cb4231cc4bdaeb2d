/**
 * The relay process: carries the traffic of every node whose kube-proxy is in mode userspace, each socket in its node's
 * namespace. A process of its own, so that load never delays a sync, and so that a crash of the daemon leaves it at work.
 */
import type { MessageChannel } from '../../client/message-channel.ts';
import type { NamespaceSockets } from '../../kernel/kernel.ts';
import type { FromRelays, RelayGroup, ToRelays } from './protocol.ts';
import { RelayTable } from './relay-table.ts';

export interface RelayProcess {
  /** Takes requests from a channel, in their order. Several may come after one another, when daemons do. */
  serve(channel: MessageChannel): void;
}

/** A relay process without a socket yet. `lingerMs`: how long a relay outlives the rules to it. */
export function runRelayProcess(sockets: NamespaceSockets, lingerMs?: number): RelayProcess {
  const tables = new Map<string, RelayTable>();
  const tableOf = ({ netns, family }: RelayGroup): RelayTable => {
    const name = `${netns} ${family}`;
    const table = tables.get(name) ?? new RelayTable({ sockets, netns, family }, lingerMs);
    tables.set(name, table);
    return table;
  };
  // One after the other: what a later request closes an earlier one may still be opening.
  let last: Promise<void> = Promise.resolve();
  return {
    serve(channel) {
      channel.onMessage((message) => {
        const request = message as ToRelays;
        last = last.then(async () => channel.send(await answer(request, tableOf(request.group))));
      });
    },
  };
}

async function answer(request: ToRelays, table: RelayTable): Promise<FromRelays> {
  const { id } = request;
  try {
    if (request.op === 'open') {
      const ports: Record<string, number> = {};
      for (const spec of request.relays) ports[spec.key] = await table.open(spec);
      return { id, ports };
    }
    if (request.op === 'keep') table.closeAllBut(new Set(request.keys));
    else for (const key of request.keys) table.close(key);
    return { id, ports: {} };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}
