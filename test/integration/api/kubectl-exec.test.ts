import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scratch } from '../scratch.ts';
import { type KubectlServer, POD, startKubectlServer } from './kubectl-fixture.ts';
import { runPod } from './run-pod.ts';
import { shellKubelet } from './shell-kubelet.ts';
import { STREAM_CLIENTS, TerminalSession } from './stream-clients.ts';

const { kernel } = scratch();
let server: KubectlServer;

beforeAll(async () => {
  server = await startKubectlServer(shellKubelet(kernel));
  await server.kubectl('apply -f -', POD);
  await runPod(server.transport, 'web');
});
afterAll(() => server.close());

describe.each(STREAM_CLIENTS)('kubectl $version exec over $protocol', ({ program, env }) => {
  beforeAll(() => {
    Object.assign(server.env, env);
  });
  const exec = (args: string, input?: string) => server.kubectl(`exec ${args}`, input, program);

  it('gives output, errors and the exit code apart', async () => {
    const { code, out, err } = await exec("web -- sh -c 'echo out; echo err >&2; exit 7'");
    expect({ code, out, err }).toEqual({ code: 7, out: 'out\n', err: 'err\ncommand terminated with exit code 7\n' });
  });

  it('passes standard input, and its end', async () => {
    const text = 'x'.repeat(300_000);
    const { code, out } = await exec('-i web -- cat', text);
    expect([code, out.length]).toEqual([0, text.length]);
  });

  it('gives a terminal that is resized, interrupted and left with a code', async () => {
    const session = new TerminalSession(kernel, [program, 'exec', '-it', 'web', '--', 'sh'], server.env);
    await session.typeUntil('tty', /\/dev\/pts\/\d+/);
    await session.typeUntil('stty size', /\b31 101\b/);
    session.resize(120, 40);
    await session.typeUntil('stty size', /\b40 120\b/);
    session.type('echo begun; sleep 1000\n');
    await session.sees(/^begun/m);
    await session.interruptUntil('echo $((6 * 7))', /^(# )?42/m);
    session.type('exit 3\n');
    expect(await session.exitCode).toBe(3);
  });
});
