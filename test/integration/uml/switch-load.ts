/**
 * Run inside the guest: asks a Service without a pause, from several places, over TCP and UDP. Each line on its input is answered by a
 * report, once everybody has asked every target a few times more and each connection that is kept open has had its word answered;
 * `keep NAME` opens some more of these first. The end of the input ends it.
 */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { LinuxKernel } from '../../../src/kernel/linux-kernel.ts';

export interface Target {
  readonly protocol: 'tcp' | 'udp';
  readonly host: string;
  readonly port: number;
}

export interface LoadRequest {
  /** Namespaces by place. */
  readonly places: Readonly<Record<string, string>>;
  readonly targets: readonly Target[];
  /** Where a server of our own stands, on port 8090, and the Service of it: for connections that stay open. */
  readonly steady: { readonly netns: string; readonly host: string; readonly port: number };
}

export interface LoadReport {
  /** In words, what was no answer, and which connections were cut. */
  readonly failures: readonly string[];
}

/** Longer than a lost packet takes to be sent again, and again. */
const PATIENCE_MS = 30_000;
/** So that what changes the rules has its share of the one processor. */
const PAUSE_MS = 150;
/** How often each target is asked from each place between two looks. */
const ROUNDS = 2;
const MOST_FAILURES = 20;
const UDP_AGAIN_MS = 3_000;

const kernel = new LinuxKernel();
const { places, targets, steady } = JSON.parse(process.argv[2] ?? '') as LoadRequest;
const failures: string[] = [];
let isOver = false;

/** One connection, one question. */
function askTcp(netns: string, { host, port }: Target): Promise<string> {
  return new Promise((resolve) => {
    const socket = kernel.sockets.connect(netns, { host, port });
    let text = '';
    let failure = '';
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('silence')));
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      failure = error.code ?? error.message;
    });
    socket.on('close', () => resolve(failure || (text.split('\r\n\r\n')[1] ?? `closed after ${JSON.stringify(text)}`)));
    socket.write('GET /hostname HTTP/1.0\r\n\r\n');
  });
}

/**
 * A socket that asks one target over UDP. As every client of UDP it asks again when there is no answer: mode userspace forgets a client
 * after 250 ms (kubernetes v1.25 cmd/kube-proxy, --udp-timeout), and a guest on a busy machine may be slower than that.
 */
async function udpAsker(netns: string, { host, port }: Target, ownPort: number) {
  const socket = await kernel.sockets.bindUdp(netns, { host: '0.0.0.0', port: ownPort });
  await new Promise<void>((resolve) => socket.connect(port, host, resolve));
  const ask = () =>
    new Promise<string>((resolve) => {
      const again = setInterval(() => socket.send('hostname'), UDP_AGAIN_MS);
      const timer = setTimeout(() => end('silence'), PATIENCE_MS);
      const end = (text: string) => {
        clearTimeout(timer);
        clearInterval(again);
        resolve(text);
      };
      socket.removeAllListeners().on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
      socket.on('message', (text) => end(text.toString()));
      socket.send('hostname');
    });
  return { ask, close: () => socket.close() };
}

/** Below those the kernel gives out, and never the same twice: a flow that is new to every table. */
let nextPort = 10_000;

async function askUdp(netns: string, target: Target): Promise<string> {
  nextPort += 1;
  const asker = await udpAsker(netns, target, nextPort);
  try {
    return await asker.ask();
  } finally {
    asker.close();
  }
}

interface Flow {
  readonly name: string;
  turns: number;
}

async function ask(flow: Flow, netns: string, own: readonly Target[]): Promise<void> {
  while (!isOver && failures.length < MOST_FAILURES) {
    const target = own[flow.turns % own.length]!;
    const answer = await (target.protocol === 'tcp' ? askTcp : askUdp)(netns, target);
    flow.turns += 1;
    if (!answer.startsWith('web-')) failures.push(`${flow.name} → ${target.host}:${target.port}: ${answer}`);
    await sleep(PAUSE_MS);
  }
}

const flows = Object.entries(places).flatMap(([place, netns]) =>
  (['tcp', 'udp'] as const).map((protocol) => {
    const own = targets.filter((target) => target.protocol === protocol);
    const flow: Flow = { name: `${place} ${protocol}`, turns: 0 };
    return { flow, rounds: own.length * ROUNDS, ended: ask(flow, netns, own) };
  }),
);

/** A server whose connections last. */
const server = createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.pipe(socket);
});
await kernel.sockets.listen(steady.netns, server, { host: '0.0.0.0', port: 8090 });

/** Connections that stay open, each by what it was opened for. */
const kept = new Map<string, Socket>();

async function keep(name: string): Promise<void> {
  for (const [place, netns] of Object.entries(places)) {
    const socket = kernel.sockets.connect(netns, steady);
    socket.on('error', (error) => failures.push(`${name} from ${place}: ${error.message}`));
    socket.on('end', () => failures.push(`${name} from ${place}: closed`));
    kept.set(`${name} from ${place}`, socket);
  }
  await talk();
}

function letGo(name: string): void {
  for (const [each, socket] of kept) {
    if (!each.startsWith(name)) continue;
    kept.delete(each);
    socket.removeAllListeners('end').end();
  }
}

/** Every one of them has its word answered. */
async function talk(): Promise<void> {
  await Promise.all(
    [...kept].map(async ([name, socket]) => {
      socket.write('word');
      const silence = AbortSignal.timeout(PATIENCE_MS);
      await once(socket, 'data', { signal: silence }).catch((error: Error) =>
        failures.push(`${name}: ${error.message}`),
      );
    }),
  );
}

function report(): void {
  const seen: LoadReport = { failures };
  process.stdout.write(`${JSON.stringify(seen)}\n`);
}

for await (const wish of createInterface({ input: process.stdin })) {
  const [, verb, name = ''] = /^(keep|let go) (.*)/.exec(wish) ?? [];
  if (verb === 'keep') await keep(name);
  if (verb === 'let go') letGo(name);
  const goals = flows.map(({ flow, rounds }) => [flow, flow.turns + rounds] as const);
  while (goals.some(([flow, goal]) => flow.turns < goal) && failures.length === 0) await sleep(PAUSE_MS);
  await talk();
  report();
}
isOver = true;
await Promise.all(flows.map(({ ended }) => ended));
report();
process.stdout.write('', () => process.exit(0));
