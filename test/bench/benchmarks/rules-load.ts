/**
 * P5: a full sync of S Services into an empty node in every backend, beside the bare tools with the same texts; in iptables
 * also beside one transaction of everything, kube-proxy's way, and the legacy variant.
 */
import { invocationOf } from '../../../src/kernel/invocation.ts';
import { isInstalled } from '../../../src/kernel/packages.ts';
import type { ProxyMode } from '../../../src/objects/proxy-mode.ts';
import type { ServicePortViews } from '../../../src/objects/service-port-view.ts';
import type { Benchmark, BenchmarkContext, RatioTarget, Sample } from '../benchmark.ts';
import { backendName, inEveryBackend, LEGACY_TOOL } from '../every-backend.ts';
import { benchTracker, serviceCounts } from '../generated-services.ts';
import { fullSync, oneTransaction } from '../kube-proxy-way.ts';
import { inTurns, timed, withNamespaces } from '../measure.ts';
import { LEGACY, runBare, withRules } from '../rules-in-mode.ts';

const ROUNDS = { most: 7, budgetMs: 20_000 };
/** One transaction of 5,000 Services takes 17 s and more: it is measured once; of 10,000, 80 s: not at all. */
const SLOW_ROUNDS = { most: 3, budgetMs: 5_000 };
const MOST_IN_ONE_TRANSACTION = 5000;

export const rulesLoad: Benchmark = {
  name: 'rules-load',
  targets: ['P5'],
  title: 'Full sync of S Services × 3 endpoints into an empty node: read, plan, load',
  unit: 'Services',
  async run(context) {
    return {
      ...(await inEveryBackend(context, 'rules-load', loadSamples)),
      notes: [
        '"bare" is the tools alone, given the same texts: iptables-restore, nft -f, ipset restore, ipvsadm -R, ip -batch.',
        '"kube-proxy\'s way" sends kube-proxy\'s own sequence of commands with the same rules; kube-proxy itself is not run.',
        'userspace opens a relay for each Service besides, which the bare tool does not.',
      ],
    };
  },
};

/** One backend at every size, on the kernel this runs on. */
export async function loadSamples(context: BenchmarkContext, mode: ProxyMode): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const size of serviceCounts(context)) {
    context.progress(`rules-load: ${mode}, ${size} Services`);
    samples.push(...(await load(context, mode, size)));
    if (mode === 'iptables') samples.push(...(await otherWays(context, size)));
  }
  return samples;
}

async function load(context: BenchmarkContext, mode: ProxyMode, size: number): Promise<Sample[]> {
  const netns = `${context.prefix}.rules`;
  const { views } = benchTracker(size).update();
  const { writes } = await withRules(mode, netns, (rules) => rules.plan(views));
  const times = await inTurns(context, ROUNDS, {
    podwire: () => withRules(mode, netns, ({ sync }) => timed(() => sync(views))),
    bare: () => withRules(mode, netns, ({ kernel }) => timed(() => runBare(kernel, netns, writes))),
    ...(mode === 'iptables' && isInstalled(LEGACY_TOOL)
      ? { legacy: () => withRules(mode, netns, ({ kernel }) => timed(() => runBare(kernel, netns, writes, LEGACY))) }
      : {}),
  });
  const name = backendName(mode);
  const targets: RatioTarget[] = [
    { against: `${name}, bare`, bound: size >= 1000 && mode !== 'userspace' ? { atMost: 1.2 } : undefined },
    ...(mode === 'iptables' && size <= MOST_IN_ONE_TRANSACTION
      ? [{ against: ONE_TRANSACTION, bound: size === MOST_IN_ONE_TRANSACTION ? { atLeast: 8 } : undefined }]
      : []),
  ];
  return [
    { label: name, size, values: times.podwire!, targets, line: { name } },
    reference(`${name}, bare`, size, times.bare!),
    ...(times.legacy === undefined ? [] : [reference('iptables-legacy, bare', size, times.legacy)]),
  ];
}

const ONE_TRANSACTION = 'iptables, one transaction';

async function otherWays(context: BenchmarkContext, size: number): Promise<Sample[]> {
  if (size > MOST_IN_ONE_TRANSACTION) return [];
  const { kernel } = context;
  const netns = `${context.prefix}.rules`;
  const views: ServicePortViews = benchTracker(size).update().views;
  const whole = invocationOf({ tool: 'iptables-restore', family: 4, text: oneTransaction(views) });
  const inFreshNode = (action: () => Promise<unknown>) => withNamespaces(kernel, [netns], () => timed(action));
  const ways = {
    [ONE_TRANSACTION]: () => inFreshNode(() => runBare(kernel, netns, [whole])),
    "iptables, kube-proxy's way": () => inFreshNode(() => fullSync(kernel, netns, views)),
  };
  const times = await inTurns(context, SLOW_ROUNDS, ways);
  return Object.entries(times).map(([label, values]) => reference(label, size, values));
}

function reference(label: string, size: number, values: readonly number[]): Sample {
  return { label, size, values, line: { name: label, isReference: true } };
}
