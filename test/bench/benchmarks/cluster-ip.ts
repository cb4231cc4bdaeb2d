/** P7: a connection through a ClusterIP whose rules kube-proxy keeps, beside one through the same rules loaded by hand. */
import type { ProxyMode } from '../../../src/objects/proxy-mode.ts';
import type { Benchmark, BenchmarkContext, Sample } from '../benchmark.ts';
import { timeConnection } from '../blocking-connect.ts';
import { backendName, inEveryBackend } from '../every-backend.ts';
import { addEndpoint, bothWays, CLUSTER_IP, viewsWithEndpoint, whileListening } from '../one-endpoint.ts';
import { runBare, withRules } from '../rules-in-mode.ts';

const CONNECTIONS = { whole: 4000, quick: 50 };
const WARM_UP = 20;

export const clusterIp: Benchmark = {
  name: 'cluster-ip',
  targets: ['P7'],
  title: 'connect(2) to a ClusterIP among S Services, beside the same rules loaded by hand into another namespace',
  unit: 'Services',
  quantity: 'µs',
  run: (context) => inEveryBackend(context, 'cluster-ip', clusterIpSamples),
};

/** One backend, on the kernel this runs on. In userspace it is a relay that takes the connection, not the rules. */
export async function clusterIpSamples(context: BenchmarkContext, mode: ProxyMode): Promise<Sample[]> {
  if (mode === 'userspace') return [];
  const samples: Sample[] = [];
  for (const size of context.isTrial ? [3] : context.isQuick ? [100] : [1000, 10_000])
    samples.push(...(await compare(context, mode, size)));
  return samples;
}

async function compare(context: BenchmarkContext, mode: ProxyMode, size: number): Promise<Sample[]> {
  const name = backendName(mode);
  context.progress(`cluster-ip: ${name}, ${size} Services`);
  // The kernel has one table of virtual servers for all namespaces, in which those that came last are found first.
  const halves = [
    await measure(context, mode, size, ['ours', 'byHand']),
    await measure(context, mode, size, ['byHand', 'ours']),
  ];
  const against = `${name}, by hand`;
  const targets = [{ against, bound: size >= 1000 ? { atMost: 1.03 } : undefined }];
  return [
    { label: name, size, values: halves.flatMap(({ ours }) => ours), targets },
    { label: against, size, values: halves.flatMap(({ byHand }) => byHand) },
  ];
}

type Way = 'ours' | 'byHand';

/** Half of the connections of each way, the rules being loaded in this order. */
async function measure(
  context: BenchmarkContext,
  mode: ProxyMode,
  size: number,
  order: readonly Way[],
): Promise<Record<Way, number[]>> {
  const places = { ours: `${context.prefix}.ours`, byHand: `${context.prefix}.hand` };
  const views = viewsWithEndpoint(size);
  return withRules(mode, places.ours, ({ kernel, sync }) =>
    withRules(mode, places.byHand, async ({ plan }) => {
      for (const way of order) {
        await addEndpoint(kernel, places[way]);
        if (way === 'ours') await sync(views);
        else await runBare(kernel, places.byHand, (await plan(views)).writes);
      }
      const values: Record<Way, number[]> = { ours: [], byHand: [] };
      const times = WARM_UP + (context.isQuick ? CONNECTIONS.quick : CONNECTIONS.whole) / 2;
      const connect = (way: Way) => () => values[way].push(timeConnection(places[way], CLUSTER_IP));
      await whileListening(context, Object.values(places), { times, perTurn: 2 }, (turn) =>
        bothWays(turn, connect('ours'), connect('byHand')),
      );
      return { ours: values.ours.slice(WARM_UP), byHand: values.byHand.slice(WARM_UP) };
    }),
  );
}
