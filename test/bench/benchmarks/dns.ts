/**
 * The cluster's DNS server of one pod on one core, beside dnsmasq and CoreDNS in the same pod with the same names, asked by dnsperf from
 * the pod's node: at full speed, and at half of that.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabHandle } from '../../../src/lab/lab-handle.ts';
import { isOnPath } from '../../../src/lab/preflight.ts';
import { readRecord } from '../../../src/lab/record.ts';
import { stateDirectory } from '../../../src/lab/state-directory.ts';
import { ENDPOINT_SLICES, PODS, SERVICES } from '../../../src/objects/resource.ts';
import type { EndpointSlice, Service } from '../../../src/objects/wire.ts';
import { notBuilt, withLab } from '../bench-lab.ts';
import { type Benchmark, type BenchmarkContext, type MissingPeer, median, type Sample } from '../benchmark.ts';
import { processorTimeOfProcess } from '../lab-processes.ts';
import { inTurns } from '../measure.ts';

const LAB = `apiVersion: podwire.dev/v1alpha1
kind: Lab
nodes: [{name: control-plane, role: control-plane}, {name: node-1}]
`;
const DOMAIN = 'default.svc.cluster.local';
const SERVICE_COUNT = 100;
/** Addresses of a name: a ClusterIP, a headless Service. */
const SIZES = [1, 10] as const;
const SERVER_CORE = '0';
const CLIENT_CORE = '1';
const PROCESSOR = ', processor time';
const WARM_UP_SECONDS = 1;

interface Server {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
}

export const dns: Benchmark = {
  name: 'dns',
  targets: ['P9'],
  title: 'DNS, one server on one core: 1,000 queries at full speed; the 99th percentile at half of that',
  unit: 'addresses',
  async run(context) {
    const missing = [...notBuilt(context), ...absent('dnsperf', 'nothing asks the questions')];
    if (missing.length > 0) return { samples: [], missing };
    const peers = [...absent('dnsmasq', 'no peer', 'dnsmasq-base'), ...absent('coredns', 'no peer')];
    const samples = await withLab(context, { labFile: LAB }, (lab) => measure(context, lab));
    const notes = [
      'names of the Services of a lab; a quarter of the questions is for names that do not exist, a quarter for AAAA',
      'ms per 1,000 queries, by the clock and of the server’s processor: 20 is 50,000 a second; p99 is the time that 99 of 100 answers need',
    ];
    return { samples, missing: peers, notes };
  },
};

function absent(program: string, why: string, debian = program): MissingPeer[] {
  const install =
    program === 'coredns' ? 'go install github.com/coredns/coredns@latest' : `apt-get install -y ${debian}`;
  return isOnPath(program) ? [] : [{ name: program, why: `not on PATH: ${why}`, install }];
}

async function measure(context: BenchmarkContext, lab: LabHandle): Promise<Sample[]> {
  const folder = mkdtempSync(join(tmpdir(), 'podwire-bench-'));
  const pods = await lab.transport.list(PODS, { namespace: 'kube-system', labelSelector: 'k8s-app=kube-dns' });
  const { metadata, status } = pods.items[0]!;
  const netns = await lab.netnsOf(`kube-system/${metadata!.name}`);
  await createServices(lab);
  const pid = await pinned(context, lab);
  const ended = new AbortController();
  try {
    const servers = [{ name: 'podwire', port: 53, pid }, ...startPeers(context, lab, netns, folder, ended.signal)];
    const ask = asker(context, await lab.netnsOf('node-1'), status!.podIP!);
    const samples: Sample[] = [];
    for (const size of SIZES) {
      const questions = join(folder, `questions-${size}`);
      writeFileSync(questions, questionsOf(size));
      for (const server of servers) await untilAnswering(ask, server, questions);
      samples.push(...(await compare(context, ask, servers, questions, size)));
    }
    return samples;
  } finally {
    ended.abort();
    rmSync(folder, { recursive: true });
  }
}

/** ClusterIP and headless Services, a hundred each. */
async function createServices({ transport }: LabHandle): Promise<void> {
  for (const index of Array.from({ length: SERVICE_COUNT }, (_, each) => each)) {
    const place = { namespace: 'default' };
    const ports = [{ name: 'http', port: 80 }];
    await transport.create(SERVICES, { metadata: { ...place, name: `one-${index}` }, spec: { ports } } as Service);
    await transport.create(SERVICES, {
      metadata: { ...place, name: `ten-${index}` },
      spec: { clusterIP: 'None', ports },
    } as Service);
    await transport.create(ENDPOINT_SLICES, {
      metadata: { ...place, name: `ten-${index}`, labels: { 'kubernetes.io/service-name': `ten-${index}` } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 80 }],
      endpoints: addressesOf(index).map((address) => ({ addresses: [address], conditions: { ready: true } })),
    } as EndpointSlice);
  }
}

function addressesOf(index: number): string[] {
  return Array.from({ length: 10 }, (_, each) => `192.0.2.${(index * 10 + each) % 250}`);
}

function questionsOf(size: (typeof SIZES)[number]): string {
  const name = size === 1 ? 'one' : 'ten';
  return Array.from({ length: SERVICE_COUNT }, (_, index) => [
    `${name}-${index}.${DOMAIN} A`,
    `${name}-${(index * 7) % SERVICE_COUNT}.${DOMAIN} A`,
    `${name}-${index}.${DOMAIN} AAAA`,
    `no-${index}.${DOMAIN} A`,
  ])
    .flat()
    .join('\n');
}

/** The process that serves all pods of the lab, put on the server's core. */
async function pinned({ kernel }: BenchmarkContext, { name }: LabHandle): Promise<number> {
  const { processes } = readRecord(stateDirectory(name).record);
  const { pid } = processes.findLast(({ role }) => role === 'pods')!;
  await kernel.read('', ['taskset', '-acp', SERVER_CORE, String(pid)]);
  return pid;
}

/** The peers there are, in the DNS pod's namespace, each with the same names. */
function startPeers(
  { kernel }: BenchmarkContext,
  lab: LabHandle,
  netns: string,
  folder: string,
  ended: AbortSignal,
): Server[] {
  const start = (...argv: [string, ...string[]]) => {
    const child = kernel.spawn(netns, ['taskset', '-c', SERVER_CORE, ...argv], {
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    ended.addEventListener('abort', () => child.kill('SIGKILL'));
    return child.pid;
  };
  const servers: Server[] = [];
  if (isOnPath('dnsmasq')) {
    const hosts = join(folder, 'hosts');
    writeFileSync(hosts, hostsText());
    const flags = ['--no-resolv', '--no-hosts', `--addn-hosts=${hosts}`, '--local=/cluster.local/', '--user=root'];
    const pid = start(
      'dnsmasq',
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--pid-file=',
      '--port=5301',
      ...flags,
    );
    servers.push({ name: 'dnsmasq', port: 5301, pid });
  }
  if (isOnPath('coredns')) {
    const kubeconfig = join(folder, 'kubeconfig');
    const text = readFileSync(lab.kubeconfig, 'utf8').replace(/server: .*/, 'server: https://192.168.1.10:6443');
    writeFileSync(kubeconfig, text, { mode: 0o600 });
    const corefile = join(folder, 'Corefile');
    writeFileSync(corefile, `.:5302 {\n kubernetes cluster.local {\n  kubeconfig ${kubeconfig}\n }\n loadbalance\n}\n`);
    const pid = start('coredns', '-conf', corefile);
    servers.push({ name: 'CoreDNS', port: 5302, pid });
  }
  return servers;
}

function hostsText(): string {
  return Array.from({ length: SERVICE_COUNT }, (_, index) => [
    `10.96.200.${index + 1} one-${index}.${DOMAIN}`,
    ...addressesOf(index).map((address) => `${address} ten-${index}.${DOMAIN}`),
  ])
    .flat()
    .join('\n');
}

interface Asked {
  readonly count: number;
  /** A second. */
  readonly rate: number;
  /** Milliseconds, sorted; of a limited rate only. */
  readonly latencies: readonly number[];
}

type Ask = (server: Server, questions: string, seconds: number, limit?: number) => Promise<Asked>;

/** Asks with dnsperf from the node for so many seconds, at full speed or at a limited rate. */
function asker({ kernel }: BenchmarkContext, netns: string, address: string): Ask {
  return async ({ port }, questions, seconds, limit) => {
    const { stdout, stderr } = await kernel.read(netns, [
      ...(['taskset', '-c', CLIENT_CORE, 'dnsperf', '-s', address, '-p', String(port), '-d', questions] as const),
      ...['-l', String(seconds), '-c', '8', '-t', '1', ...(limit === undefined ? [] : ['-v', '-Q', String(limit)])],
    ]);
    const count = Number(/Queries completed:\s+(\d+)/.exec(stdout)?.[1]);
    const rate = Number(/Queries per second:\s+([\d.]+)/.exec(stdout)?.[1] ?? Number.NaN);
    if (Number.isNaN(rate)) throw new Error(`dnsperf has no figure: ${stderr || stdout}`);
    const latencies = [...stdout.matchAll(/^> \w+ \S+ \w+ ([\d.]+)$/gm)].map(([, time]) => Number(time) * 1000);
    return { count, rate, latencies: latencies.sort((a, b) => a - b) };
  };
}

/** Resolves when the server answers, and has been asked often enough for its code to be compiled. */
async function untilAnswering(ask: Ask, server: Server, questions: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while ((await ask(server, questions, 0.1)).rate < 100) {
    if (Date.now() > deadline) throw new Error(`${server.name} does not answer`);
  }
  await ask(server, questions, WARM_UP_SECONDS);
}

/** One run, in the servers' time: of the clock and of their processor, for 1,000 queries. */
async function fullSpeed(ask: Ask, server: Server, questions: string, seconds: number) {
  const before = processorTimeOfProcess(server.pid);
  const { rate, count } = await ask(server, questions, seconds);
  return { clock: 1e6 / rate, processor: (1000 * (processorTimeOfProcess(server.pid) - before)) / count };
}

async function compare(
  context: BenchmarkContext,
  ask: Ask,
  servers: readonly Server[],
  questions: string,
  size: number,
): Promise<Sample[]> {
  const seconds = context.isQuick ? 0.5 : 2;
  const processor: Record<string, number[]> = Object.fromEntries(servers.map(({ name }) => [name, []]));
  const each = (way: (server: Server) => Promise<number>) =>
    inTurns(
      context,
      { most: context.isQuick ? 2 : 5, budgetMs: 60_000 },
      Object.fromEntries(servers.map((server) => [server.name, () => way(server)])),
    );
  const clock = await each(async (server) => {
    const run = await fullSpeed(ask, server, questions, seconds);
    processor[server.name]!.push(run.processor);
    return run.clock;
  });
  const half = await each(async (server) => {
    const { latencies } = await ask(server, questions, seconds, Math.round(1e6 / median(clock[server.name]!) / 2));
    return latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN;
  });
  const bounds = (suffix: string) =>
    [
      { against: `dnsmasq${suffix}`, bound: { atMost: 1.67 } },
      { against: `CoreDNS${suffix}`, bound: { atMost: 1 } },
    ].filter(({ against }) => servers.some(({ name }) => against === `${name}${suffix}`));
  return servers.flatMap(({ name }) => {
    const ours = name === 'podwire';
    const time = `${name}${PROCESSOR}`;
    return [
      { label: name, size, values: clock[name]!, ...(ours ? { targets: bounds('') } : {}) },
      { label: time, size, values: processor[name]!, ...(ours ? { targets: bounds(PROCESSOR) } : {}) },
      { label: `${name}, p99 at half load`, size, values: half[name]!, ...(ours ? { limit: 1 } : {}) },
    ];
  });
}
