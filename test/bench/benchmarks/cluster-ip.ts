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
  const [ours, byHand] = [`${context.prefix}.ours`, `${context.prefix}.hand`];
  const name = backendName(mode);
  const views = viewsWithEndpoint(size);
  context.progress(`cluster-ip: ${name}, ${size} Services`);
  return withRules(mode, ours, ({ kernel, sync }) =>
    withRules(mode, byHand, async ({ plan }) => {
      for (const netns of [ours, byHand]) await addEndpoint(kernel, netns);
      await sync(views);
      await runBare(kernel, byHand, (await plan(views)).writes);
      const values: Record<string, number[]> = { [ours]: [], [byHand]: [] };
      const times = WARM_UP + (context.isQuick ? CONNECTIONS.quick : CONNECTIONS.whole);
      const connect = (netns: string) => () => values[netns]!.push(timeConnection(netns, CLUSTER_IP));
      await whileListening(context, [ours, byHand], { times, perTurn: 2 }, (turn) =>
        bothWays(turn, connect(ours), connect(byHand)),
      );
      const against = `${name}, by hand`;
      const targets = [{ against, bound: size >= 1000 ? { atMost: 1.03 } : undefined }];
      return [
        { label: name, size, values: values[ours]!.slice(WARM_UP), targets },
        { label: against, size, values: values[byHand]!.slice(WARM_UP) },
      ];
    }),
  );
}
