import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KernelProcess } from '../../../src/kernel/kernel.ts';
import { eventually, scratch } from '../scratch.ts';
import { KUBECTLS, type KubectlServer, POD, startKubectlServer } from './kubectl-fixture.ts';
import { runPod } from './run-pod.ts';
import { shellKubelet } from './shell-kubelet.ts';

const { kernel } = scratch();
/** From 1.30 on kubectl can tunnel through WebSocket, from 1.31 on it does. */
const CLIENTS = KUBECTLS.flatMap(({ version, minor, program }) => [
  ...(minor < 30 ? [] : [{ version, program, protocol: 'WebSocket' }]),
  { version, program, protocol: 'SPDY' },
]);

let server: KubectlServer;
let echo: Server;
let port: number;
const children: KernelProcess[] = [];

beforeAll(async () => {
  server = await startKubectlServer(shellKubelet(kernel));
  await server.kubectl('apply -f -', POD);
  await runPod(server.transport, 'web');
  // Says what it was told, and closes when the client has said all.
  echo = createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => undefined).pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  port = (echo.address() as AddressInfo).port;
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(children.map(({ exited }) => exited));
  echo.close();
  server.close();
});

/** Starts `kubectl port-forward`, and gives the local port and what kubectl has said so far. */
async function forward(program: string, protocol: string, to: number) {
  const child = kernel.spawn('', [program, 'port-forward', 'pod/web', `:${to}`], {
    env: { ...server.env, KUBECTL_PORT_FORWARD_WEBSOCKETS: String(protocol === 'WebSocket') },
  });
  children.push(child);
  let said = '';
  for (const output of [child.stdout!, child.stderr!]) {
    output.on('data', (chunk: Buffer) => {
      said += chunk;
    });
  }
  const local = Number((await eventually(() => /from 127\.0\.0\.1:(\d+)/.exec(said)))?.[1]);
  return { local, child, said: () => said };
}

/** What comes back for `text` over a new connection. */
async function ask(local: number, text: Buffer): Promise<Buffer> {
  const socket = connect({ port: local, host: '127.0.0.1', allowHalfOpen: true });
  socket.end(text);
  return Buffer.concat((await socket.toArray()) as Buffer[]);
}

describe.each(CLIENTS)('kubectl $version port-forward over $protocol', ({ program, protocol }) => {
  it('carries connections one after the other, and many at once, whole and to their ends', async () => {
    const { local, child } = await forward(program, protocol, port);
    expect((await ask(local, Buffer.from('first'))).toString()).toBe('first');
    const texts = Array.from({ length: 12 }, () => randomBytes(400_000));
    const answers = await Promise.all(texts.map((text) => ask(local, text)));
    expect(answers.every((answer, index) => answer.equals(texts[index]!))).toBe(true);
    child.kill();
    await child.exited;
  });

  it('says why a port cannot be reached', async () => {
    const unused = createServer();
    await new Promise<void>((resolve) => unused.listen(0, '127.0.0.1', resolve));
    const { port: closed } = unused.address() as AddressInfo;
    unused.close();
    const { local, said, child } = await forward(program, protocol, closed);
    const socket = connect(local, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    await once(socket, 'close');
    await eventually(() => /error forwarding port \d+ to pod web, uid \S+: .*ECONNREFUSED/.test(said()));
    child.kill();
    await child.exited;
  });
});

describe('port-forward', () => {
  it.each([
    ['none', 'pods "none" not found'],
    ['unscheduled', 'unable to forward port because pod is not running. Current status=Pending'],
  ])('to pod %s: %s', async (pod, says) => {
    if (pod === 'unscheduled') await server.kubectl('run unscheduled --image=nginx');
    expect((await server.kubectl(`port-forward ${pod} :80`)).err).toContain(says);
  });
});
