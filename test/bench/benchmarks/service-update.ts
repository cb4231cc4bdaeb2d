/**
 * P6: a write through the API of a running lab until the rule works on all nodes, among S Services. What counts is a connection
 * that is accepted: a Service without endpoints refuses, and with one it answers.
 */
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch } from '../../../src/kernel/kernel.ts';
import type { LabHandle } from '../../../src/lab/lab-handle.ts';
import { ENDPOINT_SLICES, NAMESPACES, SERVICES } from '../../../src/objects/resource.ts';
import type { EndpointSlice } from '../../../src/objects/wire.ts';
import { planIptables } from '../../../src/proxy/backends/iptables/plan.ts';
import { observeSave } from '../../../src/proxy/backends/iptables/state.ts';
import { notBuilt, withLab } from '../bench-lab.ts';
import { type Benchmark, type BenchmarkContext, median, type Sample } from '../benchmark.ts';
import { benchService, benchSlice, benchTracker, desiredOf } from '../generated-services.ts';
import { timed } from '../measure.ts';

const NODES = ['control-plane', 'node-1', 'node-2'] as const;
const PARALLEL_WRITES = 16;
const PORT = 8080;
/** The fabric's host `client`, where the one endpoint listens. */
const CLIENT_IP = '192.168.1.100';
const POLL_MS = 1;
const CONNECT_MS = 50;
const DEADLINE_MS = 10_000;
const LOADED_WITHIN_MS = 120_000;
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
    const notes = ['"bare" is iptables-restore of the same lines on three nodes at once.'];
    for (const size of context.isQuick ? [100] : [1000, 10_000]) {
      const bare = await bareUpdates(context, size);
      const values = await updates(context, size);
      const sorted = [...values].sort((a, b) => a - b);
      const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1]!;
      notes.push(
        `p99 at ${size}: ${p99.toFixed(0)} ms, ${(p99 / median(values)).toFixed(1)} × the median (target: ≤ 3 ×)`,
      );
      const limit = size <= 1000 ? { limit: 30 } : {};
      const bound = size <= 1000 ? undefined : { atMost: 1.3 };
      samples.push(
        { label: 'write → rule works', size, values, targets: [{ against: 'bare', bound }], ...limit },
        { label: 'bare', size, values: bare },
      );
    }
    return { samples, missing: [], notes };
  },
};

async function updates(context: BenchmarkContext, size: number): Promise<number[]> {
  return withLab(context, {}, async (lab) => {
    await createServices(context, lab, size);
    context.progress(`service-update: ${size} Services, waiting for their rules`);
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
  let next = 0;
  const work = async () => {
    while (next < size) {
      context.signal.throwIfAborted();
      const index = next++;
      await transport.create(SERVICES, benchService(index));
      await transport.create(ENDPOINT_SLICES, benchSlice(index));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_WRITES }, work));
}

/** The same change, as its lines alone, on as many nodes at the same time. */
async function bareUpdates(context: BenchmarkContext, size: number): Promise<number[]> {
  const { kernel, prefix } = context;
  context.progress(`service-update: loading ${size} Services for the bare measure`);
  const tracker = benchTracker(size);
  const first = planIptables(desiredOf(tracker.update().views), observeSave(''));
  const places = NODES.map((node) => `${prefix}.bare-${node}`);
  await kernel.createNamespaces(places);
  try {
    await Promise.all(places.map((netns) => kernel.run(netns, first.batches)));
    let state = first.state;
    let endpoints = 3;
    return await rounds(context, async () => {
      endpoints = endpoints === 3 ? 2 : 3;
      tracker.setEndpointSlice(benchSlice(size >> 1, endpoints));
      const plan = planIptables(desiredOf(tracker.update().views), state);
      state = plan.state;
      const { batches }: { batches: readonly Batch[] } = plan;
      return timed(() => Promise.all(places.map((netns) => kernel.run(netns, batches))));
    });
  } finally {
    await kernel.deleteNamespaces(places);
  }
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
