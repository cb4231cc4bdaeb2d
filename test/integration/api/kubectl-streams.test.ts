import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, scratch } from '../scratch.ts';
import { type KubectlServer, POD, startKubectlServer, words } from './kubectl-fixture.ts';
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
