/** P10: the API server alone: creates, patches, lists, watchers, memory. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiProcess, NAMESPACE, withApiProcess } from '../api-server.ts';
import { notBuilt } from '../bench-lab.ts';
import type { Benchmark, BenchmarkContext, Sample } from '../benchmark.ts';
import { benchSlice } from '../generated-services.ts';
import { timed } from '../measure.ts';

const SERVICES = `/api/v1/namespaces/${NAMESPACE}/services`;
const SLICES = `/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices`;
const MERGE_PATCH = 'application/merge-patch+json';
/** 3,000 a second. */
const CREATE_MS = 0.333;
const WATCHERS = 100;
const WATCHED_WRITES = 200;
const EVENTS_WITHIN_MS = 30_000;
/** Memory is read when what was parsed and answered has been collected, or after this time. */
const COLLECTED_WITHIN_MS = 10_000;

function service(index: number): object {
  const labels = { app: `app-${index}` };
  const ports = [{ name: 'http', port: 80, targetPort: 8080 }];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `service-${index}`, labels },
    spec: { selector: labels, ports },
  };
}

function createServices(api: ApiProcess, from: number, count: number): Promise<number> {
  return api.many(count, (index) => ({ method: 'POST', path: SERVICES, body: service(from + index) }));
}

export const apiSpeed: Benchmark = {
  name: 'api-speed',
  targets: ['P10'],
  title: 'The API server alone, over TLS, its objects on file',
  unit: 'Services',
  async run(context) {
    const missing = notBuilt(context);
    if (missing.length > 0) return { samples: [], missing };
    const half = context.isQuick ? 500 : 5_000;
    const rounds = context.isQuick ? 1 : 3;
    const [creates, patches, lists, behind]: number[][] = [[], [], [], []];
    for (let round = 0; round < rounds; round += 1) {
      context.progress(`api-speed: round ${round + 1} of ${rounds}`);
      await withApiProcess(context, async (api) => {
        creates!.push(await createServices(api, 0, half));
        await createServices(api, half, half);
        patches!.push(await api.many(half, (index) => patchOf(index)));
        for (let time = 0; time < 5; time += 1) lists!.push(await timed(() => api.call({ path: SERVICES })));
        behind!.push(await slowestWatcher(api, context));
      });
    }
    const samples: Sample[] = [
      { label: 'create, each', size: half, values: creates!, limit: CREATE_MS },
      { label: 'merge patch, each', size: half, values: patches! },
      { label: 'list, the whole answer', size: 2 * half, values: lists!, limit: 150 },
      { label: `the latest of ${WATCHERS} watchers`, size: 2 * half, values: behind!, limit: 50 },
    ];
    const rate = `${CREATE_MS} ms each are 3,000 a second, over 16 connections; the client shares the machine.`;
    const latest = `a watcher is as late as the longest of ${WATCHED_WRITES} events took from the answer to the write.`;
    return { samples, missing, notes: [rate, latest] };
  },
};

function patchOf(index: number, value = 'patched') {
  const body = { metadata: { annotations: { value } } };
  return { method: 'PATCH', path: `${SERVICES}/service-${index}`, body, contentType: MERGE_PATCH } as const;
}

/** Milliseconds from a write's answer to its event, of the event and the watcher that were latest. */
async function slowestWatcher(api: ApiProcess, { signal }: BenchmarkContext): Promise<number> {
  const list = await api.call({ path: `${SERVICES}?limit=1` });
  const { metadata } = JSON.parse(list.toString()) as { metadata: { resourceVersion: string } };
  const answered = new Map<string, number>();
  const arrived = new Map<string, number>();
  let events = 0;
  const watchers = await Promise.all(
    Array.from({ length: WATCHERS }, () => {
      let rest = '';
      return api.watch(`${SERVICES}?watch=1&resourceVersion=${metadata.resourceVersion}`, (text) => {
        const now = performance.now();
        const lines = (rest + text).split('\n');
        rest = lines.pop()!;
        for (const line of lines) arrived.set(/"name":"([^"]+)"/.exec(line)![1]!, now);
        events += lines.length;
      });
    }),
  );
  try {
    for (let index = 0; index < WATCHED_WRITES; index += 1) {
      await api.call(patchOf(index, 'watched'));
      answered.set(`service-${index}`, performance.now());
    }
    const deadline = performance.now() + EVENTS_WITHIN_MS;
    while (events < WATCHERS * WATCHED_WRITES) {
      signal.throwIfAborted();
      if (performance.now() > deadline) throw new Error(`${events} events arrived within ${EVENTS_WITHIN_MS / 1000} s`);
      await sleep(5);
    }
  } finally {
    for (const stop of watchers) stop();
  }
  return Math.max(...[...answered].map(([name, at]) => Math.max(0, arrived.get(name)! - at)));
}

export const apiMemory: Benchmark = {
  name: 'api-memory',
  targets: ['P10'],
  title: 'Memory (PSS) of the API server alone, with N Services of three endpoints each',
  unit: 'Services',
  quantity: 'MB',
  async run(context) {
    const missing = notBuilt(context);
    if (missing.length > 0) return { samples: [], missing };
    const count = context.isQuick ? 1_000 : 10_000;
    context.progress('api-memory');
    const [empty, full] = await withApiProcess(context, async (api) => {
      const before = await collected(api);
      await createServices(api, 0, count);
      await api.many(count, (index) => ({ method: 'POST', path: SLICES, body: sliceOf(index) }));
      return [before, await collected(api)];
    });
    const samples = [
      { label: 'empty', size: 0, values: [empty!] },
      { label: 'Services, EndpointSlices, IPAddresses', size: count, values: [full!], limit: 250 },
    ];
    return { samples, missing };
  },
};

function sliceOf(index: number): object {
  return { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', ...benchSlice(index) };
}

/** The memory when it grows less no more. */
async function collected(api: ApiProcess): Promise<number> {
  const deadline = performance.now() + COLLECTED_WITHIN_MS;
  for (let least = api.memory; ; ) {
    await sleep(1_000);
    const now = api.memory;
    if (now > least - 1 || performance.now() > deadline) return Math.min(least, now);
    least = now;
  }
}
