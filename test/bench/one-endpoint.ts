/** A namespace in which one Service of many has an endpoint that answers, on the node itself; and a listener nobody serves. */
import { createServer } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Kernel, Netns } from '../../src/kernel/kernel.ts';
import type { ServicePortViews } from '../../src/objects/service-port-view.ts';
import type { BenchmarkContext } from './benchmark.ts';
import type { Endpoint } from './blocking-connect.ts';
import { benchService, benchSlice, benchTracker, FACTS } from './generated-services.ts';

const SLICE = benchSlice(0, 1);
/** The one endpoint. */
export const ENDPOINT: Endpoint = { host: SLICE.endpoints![0]!.addresses[0]!, port: 8080 };
/** Of the first Service: loaded into an empty node, its rule is the last of its chain. */
export const CLUSTER_IP: Endpoint = { host: benchService(0).spec!.clusterIP!, port: 80 };

/** Connections that wait to be accepted, at most: half of Node's backlog. */
const MOST_WAITING = 200;

/** Gives a namespace the node's address and the endpoint's, and a route for all others. */
export function addEndpoint(kernel: Pick<Kernel, 'run'>, netns: Netns): Promise<void> {
  const addresses = [FACTS.nodeIP, ENDPOINT.host];
  return kernel.run(netns, [
    { tool: 'ip', ops: addresses.map((ip) => ({ op: 'address-add', cidr: `${ip}/32`, device: 'lo' })) },
    { tool: 'command', argv: ['ip', 'route', 'add', 'default', 'dev', 'lo'] },
  ]);
}

/** Views of so many Services; the first has the one endpoint. */
export function viewsWithEndpoint(size: number): ServicePortViews {
  const tracker = benchTracker(size);
  tracker.setEndpointSlice(SLICE);
  return tracker.update().views;
}

/**
 * Runs `measure` so many times while the endpoint listens in the namespaces. Its connections are taken by the kernel; this process
 * accepts them afterwards, so that no server wakes up while one is measured. `perTurn`: connections each turn makes.
 */
export async function whileListening(
  { kernel, signal }: Pick<BenchmarkContext, 'kernel' | 'signal'>,
  namespaces: readonly Netns[],
  { times, perTurn }: { readonly times: number; readonly perTurn: number },
  measure: (turn: number) => void,
): Promise<void> {
  let waiting = 0;
  const servers = namespaces.map(() =>
    createServer((socket) => {
      waiting -= 1;
      socket.on('error', () => undefined).destroy();
    }),
  );
  try {
    for (const [index, netns] of namespaces.entries()) await kernel.sockets.listen(netns, servers[index]!, ENDPOINT);
    for (let turn = 0; turn < times; turn += 1) {
      signal.throwIfAborted();
      measure(turn);
      waiting += perTurn;
      while (waiting >= MOST_WAITING) await nextTurn(undefined, { signal });
    }
  } finally {
    for (const server of servers) server.close();
  }
}

/** Measures two ways; which goes first changes with each turn, since the second finds caches warm. */
export function bothWays(turn: number, one: () => void, other: () => void): void {
  if (turn % 2 === 0) {
    one();
    other();
  } else {
    other();
    one();
  }
}
