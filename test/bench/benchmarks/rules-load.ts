/** P5: a full sync of S Services into an empty node, beside the bare load of the same text and kube-proxy's way. */
import { planIptables } from '../../../src/proxy/backends/iptables/plan.ts';
import { observeSave } from '../../../src/proxy/backends/iptables/state.ts';
import type { Benchmark, BenchmarkContext, Sample } from '../benchmark.ts';
import { benchTracker, desiredOf } from '../generated-services.ts';
import { fullSync, oneTransaction } from '../kube-proxy-way.ts';
import { inTurns, timed, withNamespaces } from '../measure.ts';

const ROUNDS = { most: 5, budgetMs: 20_000 };
/** One transaction of 5,000 Services takes 17 s and more: it is measured once. */
const SLOW_ROUNDS = { most: 3, budgetMs: 5_000 };

export const rulesLoad: Benchmark = {
  name: 'rules-load',
  targets: ['P5'],
  title: 'Full sync of S Services × 3 endpoints, iptables',
  unit: 'Services',
  async run(context) {
    const samples: Sample[] = [];
    for (const size of context.isQuick ? [100, 1000] : [100, 1000, 5000]) samples.push(...(await load(context, size)));
    return {
      samples,
      missing: [],
      notes: [
        '"kube-proxy\'s way" sends kube-proxy\'s own sequence of commands with the same rules; kube-proxy itself is not run.',
      ],
    };
  },
};

async function load(context: BenchmarkContext, size: number): Promise<Sample[]> {
  const { kernel } = context;
  const { views } = benchTracker(size).update();
  const desired = desiredOf(views);
  const netns = `${context.prefix}.rules`;
  const { batches } = planIptables(desired, observeSave(''));
  const whole = oneTransaction(views);
  const inFreshNode = (action: () => Promise<unknown>) => withNamespaces(kernel, [netns], () => timed(action));
  context.progress(`rules-load: ${size} Services`);
  const fast = await inTurns(context, ROUNDS, {
    podwire: () =>
      inFreshNode(async () => {
        const { stdout } = await kernel.read(netns, ['iptables-save']);
        await kernel.run(netns, planIptables(desired, observeSave(stdout)).batches);
      }),
    bare: () => inFreshNode(() => kernel.run(netns, batches)),
  });
  const slow = await inTurns(context, SLOW_ROUNDS, {
    'one transaction': () =>
      inFreshNode(() => kernel.run(netns, [{ tool: 'iptables-restore', family: 4, text: whole }])),
    "kube-proxy's way": () => inFreshNode(() => fullSync(kernel, netns, views)),
  });
  return [
    {
      label: 'podwire: read, plan, load',
      size,
      values: fast.podwire!,
      targets: [
        { against: 'bare load of the same text', bound: size >= 1000 ? { atMost: 1.2 } : undefined },
        { against: 'one transaction', bound: size >= 5000 ? { atLeast: 8 } : undefined },
      ],
    },
    { label: 'bare load of the same text', size, values: fast.bare! },
    { label: 'one transaction', size, values: slow['one transaction']! },
    { label: "kube-proxy's way", size, values: slow["kube-proxy's way"]! },
  ];
}
