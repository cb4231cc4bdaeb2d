/**
 * P6, the kernel's part: one Service changes among S in every backend, beside the bare commands, and in iptables kube-proxy's
 * partial sync.
 */
import { invocationOf } from '../../../src/kernel/invocation.ts';
import type { ProxyMode } from '../../../src/objects/proxy-mode.ts';
import type { Benchmark, BenchmarkContext, Sample } from '../benchmark.ts';
import { backendName, inEveryBackend } from '../every-backend.ts';
import { benchService, benchSlice, benchTracker, serviceCounts } from '../generated-services.ts';
import { partialSync } from '../kube-proxy-way.ts';
import { inTurns, timed } from '../measure.ts';
import { runBare, withRules } from '../rules-in-mode.ts';

const ROUNDS = { most: 15, budgetMs: 20_000 };

export const rulesUpdate: Benchmark = {
  name: 'rules-update',
  targets: ['P6'],
  title: 'One Service changes among S: track, plan, apply',
  unit: 'Services',
  async run(context) {
    return {
      ...(await inEveryBackend(context, 'rules-update', updateSamples)),
      notes: [
        '"endpoint": one goes or comes, "Service": it is deleted or created. The way through the API is measured by service-update.',
        '"bare" is the tools alone with the same commands; in ipvs with the question whether connections are left.',
        'In userspace other endpoints change no rule: the relay is told.',
      ],
    };
  },
};

/** One backend at every size, on the kernel this runs on. */
export async function updateSamples(context: BenchmarkContext, mode: ProxyMode): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const size of serviceCounts(context)) {
    context.progress(`rules-update: ${mode}, ${size} Services`);
    samples.push(...(await update(context, mode, size)));
  }
  return samples;
}

async function update(context: BenchmarkContext, mode: ProxyMode, size: number): Promise<Sample[]> {
  const netns = `${context.prefix}.rules`;
  const tracker = benchTracker(size);
  const middle = size >> 1;
  const name = backendName(mode);
  return withRules(mode, netns, async ({ kernel, sync, plan }) => {
    await sync(tracker.update().views);
    const ours = async (change: () => void) =>
      timed(() => {
        change();
        return sync(tracker.update().views);
      });
    const bare = async (change: () => void) => {
      change();
      const { questions, writes } = await plan(tracker.update().views);
      return timed(() => runBare(kernel, netns, [...questions, ...writes]));
    };
    const endpoints = (count: number) => () => tracker.setEndpointSlice(benchSlice(middle, count));
    const remove = () => tracker.deleteService(benchService(middle));
    const add = () => tracker.setService(benchService(middle));
    /** There and back, so that each way of doing it does the same. */
    const mean = (way: typeof ours, one: () => void, other: () => void) => async () =>
      ((await way(one)) + (await way(other))) / 2;
    const ways: Record<string, () => Promise<number>> = {
      endpoint: mean(ours, endpoints(2), endpoints(3)),
      Service: mean(ours, remove, add),
      'Service, bare': mean(bare, remove, add),
    };
    if (mode !== 'userspace') ways['endpoint, bare'] = mean(bare, endpoints(2), endpoints(3));
    if (mode === 'iptables') {
      ways["endpoint, kube-proxy's way"] = () => {
        const text = partialSync(tracker.update().views, `bench/service-${middle}:http/TCP`);
        const command = invocationOf({ tool: 'iptables-restore', family: 4, text });
        return timed(() => runBare(kernel, netns, [command]));
      };
    }
    const times = await inTurns(context, ROUNDS, ways);
    return Object.entries(times).map(([label, values]): Sample => {
      const hasBare = `${label}, bare` in times;
      const targets = [{ against: `${name}: ${label}, bare`, bound: { atMost: 1.3 } }];
      const [what = '', variant] = label.split(', ');
      const panel = `one ${what}`;
      const line = variant === undefined ? { panel, name } : { panel, name: `${name}, ${variant}`, isReference: true };
      return { label: `${name}: ${label}`, size, values, line, ...(hasBare ? { targets } : {}) };
    });
  });
}
