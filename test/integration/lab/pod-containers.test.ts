/** Containers of one pod with each other and with those who debug it: shared processes, ephemeral containers, parts of volumes, logs. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabHandle } from '../../../src/lab/lab-handle.ts';
import { upLab } from '../../../src/lab/open-lab.ts';
import { PODS } from '../../../src/objects/resource.ts';
import { eventually } from '../scratch.ts';
import { leavingNothing, uniqueLabName } from './fixture.ts';

const PODS_TEXT = `apiVersion: v1
kind: Pod
metadata: {name: shared}
spec:
  shareProcessNamespace: true
  terminationGracePeriodSeconds: 0
  containers:
  - {name: first, image: busybox, command: [sh, -c, 'sleep 1111 & sleep 2222']}
  - {name: second, image: busybox, command: [sleep, '3333']}
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {terminationGracePeriodSeconds: 0, containers: [{name: web, image: nginx}]}
---
apiVersion: v1
kind: Pod
metadata: {name: parts}
spec:
  terminationGracePeriodSeconds: 0
  volumes: [{name: data, emptyDir: {}}]
  containers:
  - name: writer
    image: busybox
    command: [sh, -c, 'echo one >/own/file; sleep 1000']
    env: [{name: ME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
    volumeMounts: [{name: data, mountPath: /own, subPathExpr: $(ME)/a}, {name: data, mountPath: /all}]
  - name: reader
    image: busybox
    command: [sh, -c, 'until cat /seen/file 2>/dev/null; do sleep 0.1; done; sleep 1000; true']
    volumeMounts: [{name: data, mountPath: /seen, subPath: parts/a, readOnly: true}]
---
apiVersion: v1
kind: Pod
metadata: {name: hardened}
spec:
  terminationGracePeriodSeconds: 0
  securityContext: {runAsNonRoot: true, runAsUser: 1000, fsGroup: 2000, supplementalGroups: [3000]}
  volumes: [{name: data, emptyDir: {}}]
  containers:
  - name: main
    image: busybox
    command: [sleep, '1000']
    volumeMounts: [{name: data, mountPath: /data}]
    securityContext: {readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
---
apiVersion: v1
kind: Pod
metadata: {name: nobody}
spec: {containers: [{name: main, image: busybox, command: [sleep, '1000'], securityContext: {runAsNonRoot: true}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: failing}
spec:
  terminationGracePeriodSeconds: 5
  containers:
  - name: main
    image: busybox
    command: [sh, -c, 'trap "echo told; exit 0" TERM; while :; do sleep 0.1; done']
    livenessProbe: {exec: {command: ['false']}, periodSeconds: 1, failureThreshold: 1}
    lifecycle: {preStop: {exec: {command: [sh, -c, 'echo asked >/proc/1/fd/1']}}}
---
apiVersion: v1
kind: Pod
metadata: {name: chatty}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - {name: chatty, image: busybox, command: [sh, -c, 'if [ -e /tmp/x ]; then exit; fi; for i in 1 2 3; do echo "$HOSTNAME $i"; done; sleep 2; echo late; exit 3']}
`;

let lab: LabHandle;
let ended: Promise<void>;
let end: () => void = () => undefined;

async function kubectl(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await lab.kubectl(args);
  expect({ args, exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ args, exitCode: 0, stderr: '' });
  return stdout;
}

beforeAll(async () => {
  const name = uniqueLabName();
  const up = Promise.withResolvers<void>();
  ended = leavingNothing(name, async () => {
    lab = await upLab({ name, nodes: 2 });
    up.resolve();
    await new Promise<void>((resolve) => {
      end = resolve;
    });
    lab.close();
  });
  await Promise.race([up.promise, ended]);
  const { exitCode } = await lab.kubectl(['apply', '-f', '-'], PODS_TEXT);
  expect(exitCode).toBe(0);
  for (const pod of ['shared', 'web', 'parts'])
    await kubectl('wait', '--for=condition=Ready', `pod/${pod}`, '--timeout=30s');
}, 60_000);
afterAll(async () => {
  end();
  await ended;
}, 30_000);

const processesOf = async (pod: string, container: string) =>
  (await kubectl('exec', pod, '-c', container, '--', 'ps', 'ax', '-o', 'args')).split('\n');

describe('shareProcessNamespace', { timeout: 30_000 }, () => {
  it('shows each container the programs of all; one that ends leaves none of its own behind', async () => {
    const seen = await processesOf('shared', 'second');
    expect(seen).toEqual(expect.arrayContaining(['sleep infinity', 'sleep 1111', 'sleep 2222', 'sleep 3333']));
    await kubectl('exec', 'shared', '-c', 'second', '--', 'pkill', '-f', 'sleep 2222');
    await eventually(async () => {
      const pod = await lab.transport.get(PODS, { namespace: 'default', name: 'shared' });
      const statuses = pod.status?.containerStatuses ?? [];
      return statuses.every(({ state }) => state?.running) && statuses[0]?.restartCount === 1;
    }, 15_000);
    const now = await processesOf('shared', 'second');
    // The first program's `sleep 1111` went with it, and nothing is left unburied.
    expect(now.filter((line) => line === 'sleep 1111')).toHaveLength(1);
    expect(now.filter((line) => line.startsWith('['))).toEqual([]);
    expect(now.filter((line) => line === 'sleep 3333')).toHaveLength(1);
  });
});

describe('kubectl debug', { timeout: 30_000 }, () => {
  const debug = (...args: string[]) => lab.kubectl(['debug', ...args], 'ip -o addr show eth0; ps ax -o args; exit 4\n');
  const ipOf = async (pod: string) =>
    (await lab.transport.get(PODS, { namespace: 'default', name: pod })).status!.podIP!;

  it('adds a container to the pod of a stand-in, in its network, and its end is told', async () => {
    const { stdout } = await debug('-i', 'web', '--image=busybox', '-c', 'look');
    expect(stdout).toContain(`inet ${await ipOf('web')}/`);
    const look = await eventually(async () => {
      const { status } = await lab.transport.get(PODS, { namespace: 'default', name: 'web' });
      return status?.ephemeralContainerStatuses?.find(({ state }) => state?.terminated);
    });
    expect(look).toMatchObject({ name: 'look', restartCount: 0, state: { terminated: { exitCode: 4 } } });
    expect(await kubectl('get', 'pod', 'web', '--no-headers')).toMatch(/^web +1\/1 +Running +0 /);
  });

  it('shows the programs of the container it is for', async () => {
    const { stdout } = await debug('-i', 'parts', '--image=busybox', '-c', 'look', '--target=writer');
    expect(stdout).toContain('sleep 1000');
    expect(stdout).not.toContain('cat /seen/file');
  });
});

describe('a part of a volume', { timeout: 30_000 }, () => {
  it('is made when it is missing, and is the same for all that mount it', async () => {
    await eventually(async () => (await kubectl('logs', 'parts', '-c', 'reader')).endsWith('one\n'), 20_000);
    expect(await kubectl('exec', 'parts', '-c', 'writer', '--', 'find', '/all', '-type', 'f')).toBe(
      '/all/parts/a/file\n',
    );
    const refused = await lab.kubectl(['exec', 'parts', '-c', 'reader', '--', 'touch', '/seen/x']);
    expect(refused.stderr).toContain('Read-only file system');
  });

  it('is not what a program has put a link to', async () => {
    await kubectl('exec', 'parts', '-c', 'writer', '--', 'sh', '-c', 'rm -r /all/parts; ln -s /etc /all/parts');
    // It ends the container's first process, and may end with it.
    await lab.kubectl(['exec', 'parts', '-c', 'reader', '--', 'pkill', 'sleep']);
    const events = () => kubectl('get', 'events', '--field-selector=involvedObject.name=parts,reason=Failed');
    await eventually(async () => (await events()).includes('failed to prepare subPath "parts/a"'), 15_000);
  });
});

describe('securityContext', { timeout: 30_000 }, () => {
  const run = (script: string) => kubectl('exec', 'hardened', '--', 'sh', '-c', script);

  it('runs as another user without capabilities, in its groups, with a root nobody writes to', async () => {
    expect(await run('id -u; id -g; id -G')).toBe('1000\n0\n0 2000 3000\n');
    expect(await run('touch /data/mine; stat -c %U:%g:%A /data; stat -c %g /data/mine')).toBe(
      'root:2000:drwxrwsrwx\n2000\n',
    );
    expect(
      await run(
        'for d in / /tmp /etc /root /dev/shm; do touch $d/x 2>/dev/null && echo $d; done; grep NoNewPrivs /proc/self/status',
      ),
    ).toBe('/dev/shm\nNoNewPrivs:\t1\n');
  });

  it('refuses root where it must not be', async () => {
    const status = await eventually(async () => {
      const pod = await lab.transport.get(PODS, { namespace: 'default', name: 'nobody' });
      const waiting = pod.status?.containerStatuses?.[0]?.state?.waiting;
      return waiting?.reason === 'CreateContainerConfigError' ? waiting : undefined;
    }, 15_000);
    expect(status.message).toMatch(/^container has runAsNonRoot and image will run as root \(pod: "nobody_default\(/);
  });
});

describe('a container that fails its liveness probe', { timeout: 30_000 }, () => {
  it('is asked by its hook, then told, before it is started again', async () => {
    await eventually(async () => / [1-9]\d* /.test(await kubectl('get', 'pod', 'failing', '--no-headers')), 20_000);
    expect(await kubectl('logs', 'failing', '--previous')).toBe('asked\ntold\n');
  });
});

describe('kubectl logs', { timeout: 30_000 }, () => {
  it('has the former instance, the last lines, those since, and with their times', async () => {
    await eventually(async () => (await kubectl('get', 'pod', 'chatty', '--no-headers')).match(/ [1-9]\d* /), 15_000);
    expect(await kubectl('logs', 'chatty', '--previous')).toBe('chatty 1\nchatty 2\nchatty 3\nlate\n');
    expect(await kubectl('logs', 'chatty', '--previous', '--tail=2')).toBe('chatty 3\nlate\n');
    expect(await kubectl('logs', 'chatty', '--previous', '--limit-bytes=6')).toBe('chatty');
    expect(await kubectl('logs', 'chatty', '--previous', '--since=1h', '--tail=1')).toBe('late\n');
    expect(
      await kubectl('logs', 'chatty', '--previous', `--since-time=${new Date(Date.now() + 60_000).toISOString()}`),
    ).toBe('');
    const stamped = await kubectl('logs', 'chatty', '--previous', '--timestamps', '--tail=1');
    expect(stamped).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z late\n$/);
    const missing = await lab.kubectl(['logs', 'web', '--previous']);
    expect(missing.stderr).toContain('previous terminated container "web" in pod "web" not found');
  });
});

describe('the kubelet of a node', { timeout: 30_000 }, () => {
  const raw = (path: string) => kubectl('get', '--raw', `/api/v1/nodes/node-1/proxy/${path}`);
  const curl = async (token: string) => {
    const header = `Authorization: Bearer ${token}`;
    const argv = ['curl', '-sk', '-w', ' %{http_code}', '-H', header, 'https://192.168.1.11:10250/pods'] as const;
    return (await lab.exec('client', [...argv])).stdout;
  };

  it('answers the API server: its pods, its health, its containers and their logs', async () => {
    expect(await raw('healthz')).toBe('ok');
    const { items } = JSON.parse(await raw('pods')) as { items: { metadata: { name: string } }[] };
    const names = items.map(({ metadata }) => metadata.name);
    expect(names).toEqual(expect.arrayContaining(['shared', 'web', 'parts', 'chatty']));
    expect(await raw('metrics')).toMatch(/^kubelet_running_containers\{container_state="running"\} [5-9]$/m);
    expect(await raw('containerLogs/default/parts/reader?limitBytes=4')).toBe('one\n');
    const none = await lab.kubectl(['get', '--raw', '/api/v1/nodes/node-1/proxy/stats/summary']);
    expect(none.stderr).toContain('NotFound');
  });

  it('answers nobody else who may not', async () => {
    expect(await curl('nothing')).toBe('Unauthorized 401');
    const account = await kubectl('create', 'token', 'default');
    expect(await curl(account.trim())).toMatch(/^Forbidden .* 403$/);
    const admin = await kubectl('config', 'view', '--raw', '-o', 'jsonpath={.users[0].user.token}');
    expect(await curl(admin)).toMatch(/"kind":"PodList".* 200$/);
    expect((await lab.exec('node-1', ['curl', '-s', 'http://127.0.0.1:10248/healthz'])).stdout).toBe('ok');
  });
});
