/** How pods and containers end: deadlines, last words, hooks; and files that outlive a pod on its node. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Container, Pod } from '../../../src/objects/wire.ts';
import { eventually, isReady, startLabNode } from './lab-node.ts';

let lab: Awaited<ReturnType<typeof startLabNode>>;
beforeAll(async () => {
  lab = await startLabNode('endings');
});
afterAll(() => lab?.stop());

const shell = (script: string, fields: Partial<Container> = {}): Container =>
  ({ name: 'main', image: 'busybox', command: ['sh', '-c', script], ...fields }) as Container;

async function inPhase(name: string, phase: string): Promise<Pod> {
  return await eventually(async () => {
    const pod = await lab.pod(name);
    return pod.status?.phase === phase ? pod : false;
  });
}
const ended = ({ status }: Pod) => status?.containerStatuses?.[0]?.state?.terminated;

describe('a pod with activeDeadlineSeconds', () => {
  it('is ended when they are over, and stays as Failed', async () => {
    await lab.createPod('late', {
      activeDeadlineSeconds: 1,
      containers: [shell('trap "echo told; exit 0" TERM; while :; do sleep 0.05; done')],
    });
    await inPhase('late', 'Running');
    const pod = await inPhase('late', 'Failed');
    expect(pod.status).toMatchObject({
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    });
    expect(ended(pod)?.exitCode).toBe(0);
    expect(isReady(pod)).toBe(false);
    expect(await lab.logs('late')).toBe('told\n');
    await eventually(async () => (await lab.events('late')).some((event) => event.startsWith('DeadlineExceeded: ')));
    await lab.restartKubelet();
    expect((await lab.pod('late')).status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
  });
});

describe('a container’s last words', () => {
  it('are those of its file, at the usual place or its own', async () => {
    await lab.createPod('usual', {
      restartPolicy: 'Never',
      containers: [shell('printf why >/dev/termination-log; exit 3')],
    });
    expect(ended(await inPhase('usual', 'Failed'))).toMatchObject({ exitCode: 3, reason: 'Error', message: 'why' });
    const own = { terminationMessagePath: '/etc/last-words' };
    await lab.createPod('own', { restartPolicy: 'Never', containers: [shell('echo done >/etc/last-words', own)] });
    expect(ended(await inPhase('own', 'Succeeded'))).toMatchObject({ exitCode: 0, message: 'done\n' });
    await lab.createPod('much', {
      restartPolicy: 'Never',
      containers: [shell('head -c 9000 /dev/zero | tr "\\0" x >/dev/termination-log')],
    });
    expect(ended(await inPhase('much', 'Succeeded'))?.message).toHaveLength(4096);
  });

  it('are the end of its log when it failed and its policy says so', async () => {
    const fallback = { terminationMessagePolicy: 'FallbackToLogsOnError' };
    const script = 'for i in $(seq 100); do echo line $i; done; exit';
    await lab.createPod('told', { restartPolicy: 'Never', containers: [shell(`${script} 1`, fallback)] });
    const message = ended(await inPhase('told', 'Failed'))?.message ?? '';
    expect(message).toMatch(/^line 21\n[\s\S]*line 100\n$/);
    await lab.createPod('well', { restartPolicy: 'Never', containers: [shell(`${script} 0`, fallback)] });
    expect(ended(await inPhase('well', 'Succeeded'))).not.toHaveProperty('message');
    await lab.createPod('mute', { restartPolicy: 'Never', containers: [shell(`${script} 1`)] });
    expect(ended(await inPhase('mute', 'Failed'))).not.toHaveProperty('message');
  });

  it('never come from a file of the machine', async () => {
    const script = 'rm -f /dev/termination-log; ln -sf /etc/machine-id /dev/termination-log; exit 1';
    await lab.createPod('sly', { restartPolicy: 'Never', containers: [shell(script)] });
    expect(ended(await inPhase('sly', 'Failed'))?.message).toBeUndefined();
    const refused = { terminationMessagePath: '/proc/sysrq-trigger' };
    await lab.createPod('odd', { containers: [shell('sleep 9', refused)] });
    await eventually(async () => (await lab.events('odd')).some((event) => event.startsWith('FailedMount: ')));
  });
});

describe('preStop', () => {
  it('asks by HTTP, and sleeps, before SIGTERM', async () => {
    const stop = { lifecycle: { preStop: { httpGet: { path: '/goodbye', port: 80 as never } } } };
    await lab.createPod('asked', { containers: [{ name: 'main', image: 'nginx', ...stop } as Container] });
    await eventually(async () => isReady(await lab.pod('asked')));
    const log = await lab.connector.logs({
      ...{ node: 'node-1', namespace: 'default', pod: 'asked', container: 'main' },
      ...{ follow: true, previous: false, timestamps: false },
    });
    let text = '';
    log.on('data', (chunk) => {
      text += chunk;
    });
    const sleeper = { lifecycle: { preStop: { sleep: { seconds: 1 } } } };
    await lab.createPod('slept', { containers: [shell('trap "exit 0" TERM; while :; do sleep 0.05; done', sleeper)] });
    await inPhase('slept', 'Running');
    const begun = performance.now();
    await Promise.all(['asked', 'slept'].map((name) => lab.deletePod(name)));
    const gone = (name: string) =>
      lab.pod(name).then(
        () => false,
        () => true,
      );
    await eventually(() => gone('slept'));
    expect(performance.now() - begun).toBeGreaterThan(1_000);
    await eventually(() => gone('asked'));
    expect(text).toContain('"GET /goodbye HTTP/1.1" 200');
  });
});

describe('a hostPath', () => {
  it('is the node’s own: it outlives the pod, and shows nothing of the machine', async () => {
    const pod = (script: string, path: string) => ({
      restartPolicy: 'Never',
      containers: [shell(script, { volumeMounts: [{ name: 'data', mountPath: '/data' }] })],
      volumes: [{ name: 'data', hostPath: { path, type: 'DirectoryOrCreate' } }],
    });
    await lab.createPod('writer', pod('echo kept >/data/file; ln -s /etc /data/etc', '/srv/data'));
    await inPhase('writer', 'Succeeded');
    await lab.deletePod('writer', 0);
    await lab.createPod('reader', pod('cat /data/file', '/srv/data'));
    await inPhase('reader', 'Succeeded');
    expect(await lab.logs('reader')).toBe('kept\n');
    await lab.createPod('root', pod('ls -A /data', '/'));
    await lab.createPod('link', pod('ls -A /data', '/srv/data/etc'));
    for (const name of ['root', 'link']) {
      await inPhase(name, 'Succeeded');
      expect(await lab.logs(name)).toBe('');
    }
  });
});
