import { closeSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { terminalStream } from '../../../src/node/runtime/descriptor-streams.ts';
import { eventually, scratch } from '../scratch.ts';
import { KUBECTLS, type KubectlServer, POD, startKubectlServer, words } from './kubectl-fixture.ts';
import { runPod } from './run-pod.ts';
import { type ShellKubelet, shellKubelet } from './shell-kubelet.ts';

const { kernel } = scratch();
let kubelet: ShellKubelet;
let server: KubectlServer;

beforeAll(async () => {
  kubelet = shellKubelet(kernel);
  server = await startKubectlServer(kubelet);
  await server.kubectl('apply -f -', POD);
  await runPod(server.transport, 'web');
  await server.kubectl(
    'apply -f -',
    POD.replace('name: web', 'name: two').replace(/( +- name: main\n.*\n)/, '$1  - name: stopped\n    image: nginx\n'),
  );
  await runPod(server.transport, 'two');
  await server.kubectl('run unscheduled --image=nginx');
});
afterAll(() => server.close());

/** From 1.29 on kubectl can speak WebSocket, from 1.31 on it does; SPDY they all speak. */
const CLIENTS = KUBECTLS.flatMap(({ version, program }) => [
  ...(Number(version.split('.')[1]) < 29 ? [] : [{ version, program, protocol: 'WebSocket' }]),
  { version, program, protocol: 'SPDY' },
]);

describe.each(CLIENTS)('kubectl $version exec over $protocol', ({ program, protocol }) => {
  const exec = (args: string, input?: string) => server.kubectl(`exec ${args}`, input, program);
  beforeAll(() => {
    server.env.KUBECTL_REMOTE_COMMAND_WEBSOCKETS = String(protocol === 'WebSocket');
  });

  it('gives output, errors and the exit code apart', async () => {
    const { code, out, err } = await exec("web -- sh -c 'echo out; echo err >&2; exit 7'");
    expect({ code, out, err }).toEqual({ code: 7, out: 'out\n', err: 'err\ncommand terminated with exit code 7\n' });
  });

  it('passes standard input, and its end', async () => {
    const text = 'x'.repeat(300_000);
    const { code, out } = await exec('-i web -- cat', text);
    expect([code, out.length]).toEqual([0, text.length]);
  });

  it('gives a terminal, with its size', async () => {
    const pty = kernel.openPty({ columns: 101, rows: 31 });
    const child = kernel.spawn('', [program, 'exec', '-it', 'web', '--', 'sh'], {
      env: server.env,
      stdio: [pty.slave, pty.slave, pty.slave],
    });
    closeSync(pty.slave);
    const terminal = terminalStream(pty.master);
    let seen = '';
    terminal.on('data', (chunk: Buffer) => {
      seen += chunk;
    });
    const answers = async (line: string, pattern: RegExp) => {
      terminal.write(`${line}\n`);
      await eventually(() => pattern.test(seen));
    };
    await answers('tty', /\/dev\/pts\/\d+/);
    await eventually(async () => {
      terminal.write('stty size\n');
      await new Promise((resolve) => setTimeout(resolve, 30));
      return seen.includes('31 101');
    });
    terminal.write('exit 3\n');
    expect((await child.exited).code).toBe(3);
  });
});

describe('streams', () => {
  it('logs, whole and followed', async () => {
    expect((await server.kubectl('logs web')).out).toBe('first\nsecond\n');
    expect((await server.kubectl('logs -f web --tail=5 --since=1h --timestamps')).out).toBe('first\nsecond\nthird\n');
    expect(kubelet.logRequests.at(-1)).toEqual({
      ...{ node: 'node-1', namespace: 'default', pod: 'web', container: 'main' },
      ...{ follow: true, previous: false, timestamps: true, tailLines: 5, sinceSeconds: 3600 },
    });
    expect((await server.kubectl('logs unscheduled')).out).toBe('');
    expect((await server.kubectl('logs two -c main')).out).toBe('first\nsecond\n');
  });

  it('attach', async () => {
    const { out } = await server.kubectl('attach -i web', 'typed\n');
    expect(out).toContain('typed\n');
  });

  it('kill the command when the client goes', async () => {
    const child = kernel.spawn('', ['kubectl', ...words("exec web -- sh -c 'echo $$; exec sleep 1000'")], {
      env: server.env,
    });
    let out = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      out += chunk;
    });
    const pid = Number(await eventually(() => /^\d+\n/.exec(out)?.[0]));
    expect(isAlive(pid)).toBe(true);
    child.kill('SIGKILL');
    await eventually(() => !isAlive(pid));
  });

  it.each([
    ['exec none -- true', 'Error from server (NotFound): pods "none" not found'],
    ['exec unscheduled -- true', 'pod unscheduled does not have a host assigned'],
    ['exec web -c other -- true', 'container other is not valid for pod web'],
    ['exec two -c stopped -- true', 'container not found ("stopped")'],
    ['logs web -c other', 'container other is not valid for pod web'],
    ['logs none', 'rror from server (NotFound): pods "none" not found'],
  ])('%s: %s', async (args, says) => {
    const { code, err } = await server.kubectl(args);
    expect(err).toContain(says);
    expect(code).not.toBe(0);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
