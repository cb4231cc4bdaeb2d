/** P5 and P6 in nftables: a full sync of S Services, and one Service that changes among them, beside the bare commands. */
import type { Batch } from '../../../src/kernel/kernel.ts';
import { nftablesBackend } from '../../../src/proxy/backends/nftables/backend.ts';
import { RuleSync } from '../../../src/proxy/rule-sync.ts';
import type { Benchmark, BenchmarkContext, Sample } from '../benchmark.ts';
import { benchSlice, benchTracker, desiredOf, FACTS } from '../generated-services.ts';
import { inTurns, timed, withNamespaces } from '../measure.ts';

const LOAD_ROUNDS = { most: 5, budgetMs: 20_000 };
const UPDATE_ROUNDS = { most: 15, budgetMs: 20_000 };
const NOTHING = nftablesBackend.observed([''], 4);

export const nftablesRules: Benchmark = {
  name: 'nftables-rules',
  targets: ['P5', 'P6'],
  title: 'S Services × 3 endpoints, nftables: all of them, and one that changes',
  unit: 'Services',
  async run(context) {
    const samples: Sample[] = [];
    for (const size of context.isQuick ? [1000] : [1000, 5000, 10_000])
      samples.push(...(await load(context, size)), ...(await update(context, size)));
    return { samples, missing: [] };
  },
};

async function load({ kernel, prefix, ...context }: BenchmarkContext, size: number): Promise<Sample[]> {
  const netns = `${prefix}.rules`;
  const { views } = benchTracker(size).update();
  const { batches } = nftablesBackend.plan(desiredOf(views), NOTHING);
  const inFreshNode = (action: () => Promise<unknown>) => withNamespaces(kernel, [netns], () => timed(action));
  context.progress(`nftables-rules: ${size} Services, all`);
  const times = await inTurns({ kernel, prefix, ...context }, LOAD_ROUNDS, {
    podwire: () => inFreshNode(() => new RuleSync(kernel, netns, nftablesBackend, FACTS).sync(views)),
    bare: () => inFreshNode(() => kernel.run(netns, batches)),
  });
  const bare = 'all, bare load of the same text';
  return [
    {
      label: 'all: read, plan, load',
      size,
      values: times.podwire!,
      targets: [{ against: bare, bound: { atMost: 1.2 } }],
    },
    { label: bare, size, values: times.bare! },
  ];
}

async function update(context: BenchmarkContext, size: number): Promise<Sample[]> {
  const { kernel, prefix } = context;
  const netns = `${prefix}.rules`;
  const tracker = benchTracker(size);
  const middle = size >> 1;
  context.progress(`nftables-rules: ${size} Services, one`);
  return withNamespaces(kernel, [netns], async () => {
    const first = nftablesBackend.plan(desiredOf(tracker.update().views), NOTHING);
    await kernel.run(netns, first.batches);
    let { state } = first;
    let endpoints = 3;
    const change = () => {
      endpoints = endpoints === 3 ? 2 : 3;
      tracker.setEndpointSlice(benchSlice(middle, endpoints));
    };
    const plan = (): readonly Batch[] => {
      const next = nftablesBackend.plan(desiredOf(tracker.update().views), state);
      state = next.state;
      return next.batches;
    };
    const times = await inTurns(context, UPDATE_ROUNDS, {
      whole: () =>
        timed(() => {
          change();
          return kernel.run(netns, plan());
        }),
      bare: () => {
        change();
        const batches = plan();
        return timed(() => kernel.run(netns, batches));
      },
    });
    const bare = 'one, bare commands';
    return [
      {
        label: 'one: endpoints change',
        size,
        values: times.whole!,
        targets: [{ against: bare, bound: { atMost: 1.3 } }],
      },
      { label: bare, size, values: times.bare! },
    ];
  });
}
