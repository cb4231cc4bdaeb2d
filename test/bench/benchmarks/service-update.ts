/**
 * P6: a write through the API of a running lab until the rule works on all nodes, among S Services. What counts is a connection
 * that is accepted: a Service without endpoints refuses, and with one it answers.
 */
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LabHandle } from '../../../src/lab/lab-handle.ts';
import type { ProxyMode } from '../../../src/objects/proxy-mode.ts';
import { ENDPOINT_SLICES, NAMESPACES, SERVICES } from '../../../src/objects/resource.ts';
import type { EndpointSlice } from '../../../src/objects/wire.ts';
import { notBuilt, withLab } from '../bench-lab.ts';
import type { Benchmark, BenchmarkContext, Sample } from '../benchmark.ts';
import { benchService, benchSlice, benchTracker } from '../generated-services.ts';
import { timed } from '../measure.ts';
import { type RulesInMode, runBare, withRules } from '../rules-in-mode.ts';

const NODES = ['control-plane', 'node-1', 'node-2'] as const;
const PARALLEL_WRITES = 16;
const PORT = 8080;
/** The fabric's host `client`, where the one endpoint listens. */
const CLIENT_IP = '192.168.1.100';
const POLL_MS = 1;
const CONNECT_MS = 50;
const DEADLINE_MS = 10_000;
const LOADED_WITHIN_MS = 240_000;
const ROUNDS_BUDGET_MS = 30_000;

export const serviceUpdate: Benchmark = {
  name: 'service-update',
  targets: ['P6'],
  title: 'EndpointSlice written through the API (acknowledged) → a connection to the ClusterIP accepted on 3 nodes',
  unit: 'Services',
  async run(context) {
    const missing = notBuilt(context);
    if (missing.length > 0) return { samples: [], missing };
    const samples: Sample[] = [];
    for (const mode of context.modes.filter(isMeasured))
      for (const size of context.isQuick ? [100] : [1000, 10_000])
        samples.push(...(await measured(context, mode, size)));
    return {
      samples,
      missing: [],
      notes: ['"bare" is the tools alone with the same lines, on three nodes at once.'],
    };
  },
};

/** In userspace no rule changes; ipvs's kernel is a guest's, where `rules-update` measures it. */
function isMeasured(mode: ProxyMode): mode is 'iptables' | 'nftables' {
  return mode === 'iptables' || mode === 'nftables';
}

async function measured(context: BenchmarkContext, mode: ProxyMode, size: number): Promise<Sample[]> {
  context.progress(`service-update: ${mode}, ${size} Services, bare`);
  const bare = await bareUpdates(context, mode, size);
  const values = await updates(context, mode, size);
  const sorted = [...values].sort((a, b) => a - b);
  const [whole, against] = [`${mode}: write → rule works`, `${mode}: bare`];
  const limit = size <= 1000 ? { limit: 30 } : {};
  return [
    {
      label: whole,
      size,
      values,
      targets: [{ against, bound: size <= 1000 ? undefined : { atMost: 1.3 } }],
      ...limit,
    },
    {
      label: `${mode}: the same, 99th percentile`,
      size,
      values: [sorted[Math.ceil(sorted.length * 0.99) - 1]!],
      targets: [{ against: whole, bound: { atMost: 3 } }],
    },
    { label: against, size, values: bare },
  ];
}

async function updates(context: BenchmarkContext, mode: ProxyMode, size: number): Promise<number[]> {
  return withLab(context, { arguments: ['--proxy-mode', mode] }, async (lab) => {
    await createServices(context, lab, size);
    context.progress(`service-update: ${mode}, ${size} Services, waiting for their rules`);
    await lab.programmed(LOADED_WITHIN_MS);
    const server = createServer((socket) => socket.end());
    await context.kernel.sockets.listen(await lab.netnsOf('client'), server, { host: CLIENT_IP, port: PORT });
    try {
      return await rounds(context, () => update(context, lab, size >> 1));
    } finally {
      await close(server);
    }
  });
}

/** The way of one change: its time, and everything as before. */
async function update(context: BenchmarkContext, lab: LabHandle, index: number): Promise<number> {
  const { clusterIP } = benchService(index).spec!;
  const places = await Promise.all(NODES.map((node) => lab.netnsOf(node)));
  const write = (endpoints: EndpointSlice['endpoints']) =>
    lab.transport.patch(ENDPOINT_SLICES, { namespace: 'bench', name: `service-${index}-1` }, 'merge', { endpoints });
  const until = (accepted: boolean) =>
    Promise.all(places.map((netns) => becomes(context, netns, clusterIP!, accepted)));
  await write([]);
  await until(false);
  await write([{ addresses: [CLIENT_IP], conditions: { ready: true } }]);
  return timed(() => until(true));
}

/** Resolves when connections from `netns` are accepted, or are refused. */
async function becomes({ kernel }: BenchmarkContext, netns: string, host: string, accepted: boolean): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const isAccepted = await new Promise<boolean>((resolve) => {
      const socket = kernel.sockets.connect(netns, { host, port: 80 });
      // One that left between two rules would be repeated only after a second.
      const timer = setTimeout(() => end(false), CONNECT_MS);
      const end = (outcome: boolean) => {
        clearTimeout(timer);
        socket.destroy();
        resolve(outcome);
      };
      socket.once('connect', () => end(true)).once('error', () => end(false));
    });
    if (isAccepted === accepted) return;
    if (performance.now() > deadline)
      throw new Error(`${host} is not ${accepted ? 'accepted' : 'refused'} on ${netns}`);
    await sleep(POLL_MS);
  }
}

async function createServices(context: BenchmarkContext, { transport }: LabHandle, size: number): Promise<void> {
  context.progress(`service-update: creating ${size} Services`);
  await transport.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'bench' } });
  const late = AbortSignal.timeout(LOADED_WITHIN_MS);
  let next = 0;
  const work = async () => {
    while (next < size) {
      context.signal.throwIfAborted();
      if (late.aborted) throw new Error(`${next} of ${size} Services were made within ${LOADED_WITHIN_MS / 1000} s`);
      const index = next++;
      await transport.create(SERVICES, benchService(index));
      await transport.create(ENDPOINT_SLICES, benchSlice(index));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_WRITES }, work));
}

/** The same change, as its lines alone, on as many nodes at the same time. */
function bareUpdates(context: BenchmarkContext, mode: ProxyMode, size: number): Promise<number[]> {
  const { kernel, prefix } = context;
  const tracker = benchTracker(size);
  const places: { readonly netns: string; readonly rules: RulesInMode }[] = [];
  const onEach = async (nodes: readonly string[]): Promise<number[]> => {
    const [node, ...others] = nodes;
    if (node !== undefined) {
      const netns = `${prefix}.bare-${node}`;
      return withRules(mode, netns, async (rules) => {
        await rules.sync(tracker.update().views);
        places.push({ netns, rules });
        return onEach(others);
      });
    }
    /** The endpoints of the Service that changes; gives the time of the tools. */
    const change = async (endpoints: number): Promise<number> => {
      tracker.setEndpointSlice(benchSlice(size >> 1, endpoints));
      const { views } = tracker.update();
      const plans = await Promise.all(places.map(({ rules }) => rules.plan(views)));
      return timed(() => Promise.all(places.map(({ netns }, index) => runBare(kernel, netns, plans[index]!.writes))));
    };
    return rounds(context, async () => {
      await change(0);
      return change(1);
    });
  };
  return onEach(NODES);
}

async function rounds(context: BenchmarkContext, round: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  const begin = performance.now();
  const most = context.isQuick ? 10 : 100;
  while (values.length < most && (values.length < 5 || performance.now() - begin < ROUNDS_BUDGET_MS)) {
    context.signal.throwIfAborted();
    values.push(await round());
  }
  return values;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
