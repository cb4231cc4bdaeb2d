/** How long a TCP connection to the last of S Services takes to stand, per backend: the way through the rules grows, or does not. */
import { createServer } from 'node:net';
import type { LinuxKernel } from '../../../src/kernel/linux-kernel.ts';
import { iptablesBackend } from '../../../src/proxy/backends/iptables/backend.ts';
import { nftablesBackend } from '../../../src/proxy/backends/nftables/backend.ts';
import { RuleSync } from '../../../src/proxy/rule-sync.ts';
import type { Benchmark, BenchmarkContext, Sample } from '../benchmark.ts';
import { benchService, benchSlice, benchTracker, FACTS } from '../generated-services.ts';
import { withNamespaces } from '../measure.ts';

const CONNECTIONS = { whole: 400, quick: 50 };
const PORT = 8080;

/** Loads the rules for these Services into a namespace. */
const LOADERS: Readonly<Record<string, (kernel: LinuxKernel, netns: string, views: Views) => Promise<unknown>>> = {
  iptables: (kernel, netns, views) => new RuleSync(kernel, netns, iptablesBackend, FACTS).sync(views),
  nftables: (kernel, netns, views) => new RuleSync(kernel, netns, nftablesBackend, FACTS).sync(views),
};
type Views = Parameters<RuleSync<unknown>['sync']>[0];

export const firstPacket: Benchmark = {
  name: 'first-packet',
  targets: [],
  title: 'TCP connect to the last of S Services',
  unit: 'Services',
  async run(context) {
    const samples: Sample[] = [];
    for (const size of context.isQuick ? [1, 1000] : [1, 1000, 5000, 10_000])
      for (const [mode, load] of Object.entries(LOADERS)) samples.push(...(await connects(context, mode, load, size)));
    return {
      samples,
      missing: [],
      notes: [
        'From the node itself to an endpoint on it. "direct" is the same connect to the endpoint, in turns with the other.',
        'ipvs needs a kernel that has it: in User-mode Linux its figures would stand beside another kernel’s.',
      ],
    };
  },
};

async function connects(
  context: BenchmarkContext,
  mode: string,
  load: (typeof LOADERS)[string],
  size: number,
): Promise<Sample[]> {
  const { kernel, isQuick, signal } = context;
  const netns = `${context.prefix}.rules`;
  const last = size - 1;
  const tracker = benchTracker(size);
  const slice = benchSlice(last, 1);
  tracker.setEndpointSlice(slice);
  const endpoint = slice.endpoints![0]!.addresses[0]!;
  const clusterIP = benchService(last).spec!.clusterIP!;
  context.progress(`first-packet: ${mode}, ${size} Services`);
  return withNamespaces(kernel, [netns], async () => {
    await kernel.run(netns, [
      { tool: 'ip', ops: [{ op: 'address-add', cidr: `${endpoint}/32`, device: 'lo' }] },
      { tool: 'command', argv: ['ip', 'route', 'add', 'default', 'dev', 'lo'] },
    ]);
    const server = createServer((socket) => socket.destroy());
    await kernel.sockets.listen(netns, server, { host: endpoint, port: PORT });
    try {
      await load(kernel, netns, tracker.update().views);
      const times: Record<'direct' | 'service', number[]> = { direct: [], service: [] };
      for (let count = 0; count < (isQuick ? CONNECTIONS.quick : CONNECTIONS.whole); count += 1) {
        signal.throwIfAborted();
        times.direct.push(await connectMs(kernel, netns, endpoint, PORT));
        times.service.push(await connectMs(kernel, netns, clusterIP, 80));
      }
      const direct = `${mode}, direct`;
      return [
        { label: mode, size, values: times.service, targets: [{ against: direct, bound: undefined }] },
        { label: direct, size, values: times.direct },
      ];
    } finally {
      server.close();
    }
  });
}

function connectMs(kernel: LinuxKernel, netns: string, host: string, port: number): Promise<number> {
  const start = performance.now();
  const socket = kernel.sockets.connect(netns, { host, port });
  return new Promise((resolve, reject) => {
    socket.once('connect', () => {
      const ms = performance.now() - start;
      socket.resetAndDestroy();
      resolve(ms);
    });
    socket.once('error', reject);
  });
}
