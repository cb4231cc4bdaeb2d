/** P6, the kernel's part: one Service changes among S; beside the bare commands and kube-proxy's partial sync. */
import type { Batch } from '../../../src/kernel/kernel.ts';
import { planIptables } from '../../../src/proxy/backends/iptables/plan.ts';
import { type IptablesState, observeSave } from '../../../src/proxy/backends/iptables/state.ts';
import type { Benchmark, BenchmarkContext, Sample } from '../benchmark.ts';
import { benchService, benchSlice, benchTracker, desiredOf } from '../generated-services.ts';
import { partialSync } from '../kube-proxy-way.ts';
import { inTurns, timed, withNamespaces } from '../measure.ts';

const ROUNDS = { most: 15, budgetMs: 20_000 };

export const rulesUpdate: Benchmark = {
  name: 'rules-update',
  targets: ['P6'],
  title: 'One Service changes among S, iptables',
  unit: 'Services',
  async run(context) {
    const samples: Sample[] = [];
    for (const size of context.isQuick ? [1000] : [1000, 5000, 10_000]) samples.push(...(await update(context, size)));
    return {
      samples,
      missing: [],
      notes: ['Only tracker, plan and kernel: the way through the API is not in it yet.'],
    };
  },
};

async function update(context: BenchmarkContext, size: number): Promise<Sample[]> {
  const { kernel } = context;
  const netns = `${context.prefix}.rules`;
  const tracker = benchTracker(size);
  const middle = size >> 1;
  context.progress(`rules-update: ${size} Services`);
  return withNamespaces(kernel, [netns], async () => {
    const first = planIptables(desiredOf(tracker.update().views), observeSave(''));
    await kernel.run(netns, first.batches);
    let state: IptablesState = first.state;
    const plan = (): readonly Batch[] => {
      const next = planIptables(desiredOf(tracker.update().views), state);
      state = next.state;
      return next.batches;
    };
    /** The whole way of a change, or (bare) the commands alone. */
    const changed = async (change: () => void, isBare: boolean) => {
      if (!isBare) {
        return timed(() => {
          change();
          return kernel.run(netns, plan());
        });
      }
      change();
      const batches = plan();
      return timed(() => kernel.run(netns, batches));
    };
    let endpoints = 3;
    const otherEndpoints = () => {
      endpoints = endpoints === 3 ? 2 : 3;
      tracker.setEndpointSlice(benchSlice(middle, endpoints));
    };
    const remove = () => tracker.deleteService(benchService(middle));
    const add = () => tracker.setService(benchService(middle));
    const key = `bench/service-${middle}:http/TCP`;
    const times = await inTurns(context, ROUNDS, {
      'endpoints change': () => changed(otherEndpoints, false),
      'endpoints change, bare': () => changed(otherEndpoints, true),
      'Service deleted': () => changed(remove, false),
      'Service added': () => changed(add, false),
      'Service deleted, bare': () => changed(remove, true),
      'Service added, bare': () => changed(add, true),
      "endpoints change, kube-proxy's way": () => {
        const { views } = tracker.update();
        return timed(() => kernel.run(netns, [{ tool: 'iptables-restore', family: 4, text: partialSync(views, key) }]));
      },
    });
    return Object.entries(times).map(([label, values]): Sample => {
      const isOurs = `${label}, bare` in times;
      return {
        label,
        size,
        values,
        ...(isOurs ? { targets: [{ against: `${label}, bare`, bound: { atMost: 1.3 } }] } : {}),
      };
    });
  });
}
