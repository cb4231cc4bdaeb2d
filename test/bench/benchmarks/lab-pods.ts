/** P2, P3, P4 and the idle lab: the whole program with N pods of a Deployment, made by kubectl. */
import { setTimeout as sleep } from 'node:timers/promises';
import { kubectlMissing, notBuilt, podwire, withLab } from '../bench-lab.ts';
import type { Benchmark, BenchmarkContext, BenchmarkResult, MissingPeer, Sample } from '../benchmark.ts';
import { applyPods } from '../deployment-load.ts';
import { memoryOf, processorTimeOf } from '../lab-processes.ts';
import { timed } from '../measure.ts';
import { wireOnTwoNodes } from './pod-wiring.ts';

/** Larger blocks than a /24, and more pods a node than Kubernetes' default. */
const LARGE_LAB = `apiVersion: podwire.dev/v1alpha1
kind: Lab
flannel: {SubnetLen: 22}
kubelet: {maxPods: 600}
`;
/** Above this the default lab has no room: two workers of 110 pods, some of them the lab's own. */
const MOST_IN_DEFAULT_LAB = 200;
/** What follows the last answer (events, statuses, garbage) is over when the lab takes less than this in a second. */
const SETTLED_MS = 10;
const SETTLED_WITHIN_MS = 30_000;
const IDLE_MS = 5_000;
const ROUNDS_BUDGET_MS = 45_000;

function missing(context: BenchmarkContext): Promise<MissingPeer[]> | MissingPeer[] {
  const unbuilt = notBuilt(context);
  return unbuilt.length > 0 ? unbuilt : kubectlMissing(context);
}

function sizes({ isQuick }: BenchmarkContext): number[] {
  return isQuick ? [10] : [10, 100, 1000];
}

function labOf(pods: number): { labFile?: string } {
  return pods > MOST_IN_DEFAULT_LAB ? { labFile: LARGE_LAB } : {};
}

/** Runs `round` a few times, within bounds. */
async function rounds(context: BenchmarkContext, pods: number, round: () => Promise<void>): Promise<void> {
  const most = context.isQuick ? 2 : pods > MOST_IN_DEFAULT_LAB ? 3 : 5;
  const begin = performance.now();
  for (let index = 0; index < most; index += 1) {
    if (index > 0 && performance.now() - begin >= ROUNDS_BUDGET_MS) break;
    context.signal.throwIfAborted();
    context.progress(`lab with ${pods} pods: round ${index + 1} of ${most}`);
    await round();
  }
}

export const labPods: Benchmark = {
  name: 'lab-pods',
  targets: ['P2', 'P3'],
  title: 'N pods of a Deployment: `kubectl apply` returned → all Ready and answering; then `podwire down`',
  unit: 'pods',
  async run(context) {
    const lacking = await missing(context);
    if (lacking.length > 0) return { samples: [], missing: lacking };
    const samples: Sample[] = [];
    for (const size of sizes(context)) samples.push(...(await startAndRemove(context, size)));
    return {
      samples,
      missing: [],
      notes: ['"wiring alone" is the kernel’s part: PodNetwork on two nodes, without API and servers.'],
    };
  },
};

async function startAndRemove(context: BenchmarkContext, size: number): Promise<Sample[]> {
  const ready: number[] = [];
  const down: number[] = [];
  const wiring: number[] = [];
  await rounds(context, size, async () => {
    wiring.push(await wireOnTwoNodes(context, size));
    await withLab(context, labOf(size), async (lab) => {
      ready.push(await applyPods(context, lab, size));
      down.push(await timed(() => podwire(context, 'down', '--name', lab.name)));
    });
  });
  const bounds = { 10: [150, 300], 100: [600, 300], 1000: [6000, 1500] }[size]!;
  return [
    {
      label: 'Ready and answering',
      size,
      values: ready,
      targets: [{ against: 'wiring alone', bound: undefined }],
      limit: bounds[0]!,
    },
    { label: 'wiring alone', size, values: wiring },
    { label: 'podwire down', size, values: down, limit: bounds[1]! },
  ];
}

export const labMemory: Benchmark = {
  name: 'lab-memory',
  targets: ['P4'],
  title: 'Memory (PSS) of all processes of a lab with N pods that have answered',
  unit: 'pods',
  quantity: 'MB',
  run: (context) => eachSize(context, { 0: 160, 10: 160, 100: 160, 1000: 350 }, async (lab) => memoryOf(lab)),
};

export const labIdle: Benchmark = {
  name: 'lab-idle',
  targets: ['P4'],
  title: 'Processor time of a lab with N pods to which nothing happens',
  unit: 'pods',
  quantity: '% of a core',
  run: (context) =>
    eachSize(context, { 0: 1, 10: 1, 100: 1, 1000: 1 }, async (lab) => {
      const begin = performance.now();
      const before = processorTimeOf(lab);
      await sleep(IDLE_MS);
      return (100 * (processorTimeOf(lab) - before)) / (performance.now() - begin);
    }),
};

async function settled(lab: string): Promise<void> {
  const deadline = performance.now() + SETTLED_WITHIN_MS;
  for (let before = processorTimeOf(lab); ; ) {
    await sleep(1_000);
    const now = processorTimeOf(lab);
    if (now - before < SETTLED_MS) return;
    if (performance.now() > deadline) throw new Error(`the lab still works after ${SETTLED_WITHIN_MS / 1000} s`);
    before = now;
  }
}

/** Measures settled labs of each size; `limits` by number of pods. */
async function eachSize(
  context: BenchmarkContext,
  limits: Readonly<Record<number, number>>,
  measure: (lab: string) => Promise<number>,
): Promise<BenchmarkResult> {
  const lacking = await missing(context);
  if (lacking.length > 0) return { samples: [], missing: lacking };
  const samples: Sample[] = [];
  for (const size of [0, ...sizes(context)]) {
    const values: number[] = [];
    await rounds(context, size, () =>
      withLab(context, labOf(size), async (lab) => {
        if (size > 0) await applyPods(context, lab, size);
        await settled(lab.name);
        values.push(await measure(lab.name));
      }),
    );
    samples.push({ label: size === 0 ? 'the lab’s own pods alone' : 'the lab', size, values, limit: limits[size]! });
  }
  return { samples, missing: [] };
}
