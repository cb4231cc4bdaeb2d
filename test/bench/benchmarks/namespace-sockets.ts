/** Servers in many namespaces held by one process, beside one process per namespace. */
import { createServer, type Server } from 'node:net';
import type { Benchmark, BenchmarkContext, Sample } from '../benchmark.ts';
import { inTurns, timed, withNamespaces } from '../measure.ts';

const PORT = 8080;

export const namespaceSockets: Benchmark = {
  name: 'namespace-sockets',
  targets: ['P2'],
  title: 'A TCP server in each of N namespaces: listening, and connections one after the other',
  unit: 'namespaces',
  async run(context) {
    const samples: Sample[] = [];
    for (const size of context.isQuick ? [10] : [10, 100]) samples.push(...(await listen(context, size)));
    return { samples, missing: [] };
  },
};

async function listen(context: BenchmarkContext, size: number): Promise<Sample[]> {
  const { kernel } = context;
  const names = Array.from({ length: size }, (_, index) => `${context.prefix}.s${index}`);
  context.progress(`namespace-sockets: ${size} namespaces`);
  return withNamespaces(kernel, names, async () => {
    const times = await inTurns(
      context,
      { most: 5, budgetMs: 20_000 },
      {
        listen: async () => {
          const servers: Server[] = [];
          try {
            return await timed(() => listenIn(context, names, servers));
          } finally {
            await Promise.all(servers.map(close));
          }
        },
        connect: async () => {
          const servers: Server[] = [];
          try {
            await listenIn(context, names, servers);
            return await timed(async () => {
              for (const name of names) await connectOnce(context, name);
            });
          } finally {
            await Promise.all(servers.map(close));
          }
        },
        processes: () => processPerNamespace(context, names),
      },
    );
    return [
      {
        label: 'one process: listen in each',
        size,
        values: times.listen!,
        targets: [{ against: 'one busybox process each', bound: undefined }],
      },
      { label: 'one process: a connection to each', size, values: times.connect! },
      { label: 'one busybox process each', size, values: times.processes! },
    ];
  });
}

async function listenIn({ kernel }: BenchmarkContext, names: readonly string[], servers: Server[]): Promise<void> {
  for (const name of names) {
    const server = createServer((socket) => socket.end());
    await kernel.sockets.listen(name, server, { host: '0.0.0.0', port: PORT });
    servers.push(server);
  }
}

function connectOnce({ kernel }: BenchmarkContext, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = kernel.sockets.connect(name, { host: '127.0.0.1', port: PORT });
    socket.on('error', reject);
    socket.on('close', () => resolve());
    socket.resume();
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Until every process answers a connection; ended by their own handles. */
async function processPerNamespace(context: BenchmarkContext, names: readonly string[]): Promise<number> {
  const { kernel } = context;
  const children = [];
  const start = performance.now();
  try {
    for (const name of names) {
      children.push(
        kernel.spawn(name, ['busybox', 'nc', '-ll', '-p', String(PORT), '-e', 'true'], {
          stdio: ['ignore', 'ignore', 'ignore'],
        }),
      );
    }
    for (const name of names) await answering(context, name);
    return performance.now() - start;
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(children.map((child) => child.exited));
  }
}

async function answering(context: BenchmarkContext, name: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    try {
      return await connectOnce(context, name);
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}
