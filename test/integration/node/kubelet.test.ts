import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CONFIG_MAPS, LEASES, NODES, SECRETS, SERVICES } from '../../../src/objects/resource.ts';
import type { Container, Pod } from '../../../src/objects/wire.ts';
import { eventually, isReady, NODE, NODE_IP, startLabNode } from './lab-node.ts';

let lab: Awaited<ReturnType<typeof startLabNode>>;

beforeAll(async () => {
  lab = await startLabNode('kubelet');
});
afterAll(() => lab?.stop());

const container = (fields: Partial<Container>): Container =>
  ({ name: 'main', image: 'busybox', ...fields }) as Container;
const stateOf = (pod: Pod, name = 'main') =>
  [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].find((s) => s.name === name);

async function ready(name: string): Promise<Pod> {
  return eventually(async () => {
    const pod = await lab.pod(name);
    return isReady(pod) ? pod : false;
  });
}

describe('the node', () => {
  it('is Ready, with addresses, room for pods, the version, and a lease', async () => {
    const { status } = await lab.transport.get(NODES, { name: NODE });
    expect(status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'True',
      reason: 'KubeletReady',
    });
    expect(status?.addresses).toEqual([
      { type: 'InternalIP', address: NODE_IP },
      { type: 'Hostname', address: NODE },
    ]);
    expect(status?.allocatable?.pods).toBe('110');
    expect(status?.nodeInfo?.kubeletVersion).toBe('v1.36.0');
    const lease = await eventually(() => lab.transport.get(LEASES, { namespace: 'kube-node-lease', name: NODE }));
    expect(lease.spec).toMatchObject({ holderIdentity: NODE, leaseDurationSeconds: 40 });
  });
});

describe('stand-ins', () => {
  it('a web server says who it is, from its own address', async () => {
    await lab.createPod('web', { containers: [container({ image: 'nginx:1.27' })] });
    const { status } = await ready('web');
    expect(status?.phase).toBe('Running');
    expect(status?.podIP).toMatch(/^10\.244\.1\.\d+$/);
    const { text } = await lab.get(`http://${status?.podIP}/hello`);
    expect(text).toContain('x-pod: web');
    expect(text).toContain('pod: web\nnamespace: default\nnode: node-1\n');
    expect(text).toMatch(/client: 10\.244\.1\.1:\d+/);
    expect(await lab.logs('web')).toMatch(/"GET \/hello HTTP\/1.1" 200/);
    await eventually(async () => (await lab.events('web')).length === 3);
    expect((await lab.events('web')).sort()).toEqual([
      'Created: Container created',
      'Pulled: Container image "nginx:1.27" already present on machine and can be accessed by the pod',
      'Started: Container started',
    ]);
  });

  it('netexec answers over HTTP and UDP, runs commands, and ends with the code it is told', async () => {
    const args = ['netexec', '--http-port=8080', '--udp-port=8081'];
    await lab.createPod('netexec', {
      containers: [container({ image: 'registry.k8s.io/e2e-test-images/agnhost:2.53', args })],
    });
    const ip = (await ready('netexec')).status!.podIP!;
    expect((await lab.get(`http://${ip}:8080/hostname`)).text).toMatch(/netexec$/);
    expect((await lab.get(`http://${ip}:8080/echo?msg=hi&code=418`)).text).toMatch(/^HTTP\/1.1 418[\s\S]*hi$/);
    const dial = `http://${ip}:8080/dial?host=${ip}&port=8081&protocol=udp&request=hostname&tries=2`;
    expect((await lab.get(dial)).text).toContain('{"responses":["netexec","netexec"]}');
    expect((await lab.get(`http://${ip}:8080/shell?cmd=hostname`)).text).toContain('{"output":"netexec\\n"}');
    expect(await lab.exec('netexec', ['/agnhost', 'connect', `${ip}:8080`, '--timeout=1s'])).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect(await lab.exec('netexec', ['/agnhost', 'connect', `${ip}:1`])).toMatchObject({
      code: 1,
      stderr: 'REFUSED\n',
    });
    await lab.get(`http://${ip}:8080/exit?code=3`);
    const pod = await eventually(async () => {
      const seen = await lab.pod('netexec');
      return stateOf(seen)?.restartCount === 1 && isReady(seen) ? seen : false;
    });
    expect(stateOf(pod)?.lastState?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
    expect(pod.status?.podIP).toBe(ip);
  });

  it('an unknown image is a web server, and an Event says so; a database greets', async () => {
    await lab.createPod('unknown', {
      containers: [container({ image: 'example.com/who/knows:1', ports: [{ containerPort: 8000 }] })],
    });
    await lab.createPod('db', { containers: [container({ image: 'mysql:8' })] });
    const ip = (await ready('unknown')).status!.podIP!;
    expect((await lab.get(`http://${ip}:8000/`)).text).toContain('pod: unknown');
    await eventually(async () => (await lab.events('unknown')).some((event) => event.startsWith('StandIn: ')));
    const db = (await ready('db')).status!.podIP!;
    const { stdout } = await lab.kernel.read(lab.netns, ['busybox', 'nc', '-w', '1', db, '3306']);
    expect(stdout).toBe('mysql stand-in, pod default/db on node-1\n');
  });

  it('lives on when the pods process dies: the container is restarted and keeps its address', async () => {
    const before = await ready('web');
    await lab.crashPods();
    const after = await eventually(async () => {
      const pod = await lab.pod('web');
      return stateOf(pod)?.restartCount === 1 && isReady(pod) ? pod : false;
    });
    expect(after.status?.podIP).toBe(before.status?.podIP);
    expect(stateOf(after)?.lastState?.terminated?.exitCode).toBe(137);
    expect((await lab.get(`http://${after.status?.podIP}/`)).text).toContain('pod: web');
  });
});

describe('programs', () => {
  it('find their environment: Services, ConfigMaps, Secrets, fields, and the pod network', async () => {
    await lab.transport.create(SERVICES, {
      metadata: { name: 'my-svc', namespace: 'default' },
      spec: { clusterIP: '10.96.1.1', ports: [{ name: 'web', port: 80 }] },
    });
    await lab.transport.create(CONFIG_MAPS, {
      metadata: { name: 'conf', namespace: 'default' },
      data: { greeting: 'hello', 'a.txt': 'file' },
    });
    await lab.transport.create(SECRETS, {
      metadata: { name: 'key', namespace: 'default' },
      data: { token: Buffer.from('s3cret').toString('base64') },
    });
    await eventually(
      async () =>
        (await lab.transport.get(SERVICES, { namespace: 'default', name: 'my-svc' })).spec?.clusterIP !== undefined,
    );
    await lab.createPod('env', {
      restartPolicy: 'Never',
      containers: [
        container({
          command: [
            'sh',
            '-c',
            'env; cat /etc/resolv.conf /etc/hosts /data/a.txt /secret/token; ls /data; echo x >/scratch/x; cat /scratch/x; echo $(GREETING)',
          ],
          env: [
            { name: 'GREETING', valueFrom: { configMapKeyRef: { name: 'conf', key: 'greeting' } } },
            { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'key', key: 'token' } } },
            { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
            { name: 'BOTH', value: '$(GREETING) $(MY_SVC_SERVICE_HOST) $$(GREETING)' },
          ],
          volumeMounts: [
            { name: 'data', mountPath: '/data' },
            { name: 'secret', mountPath: '/secret', readOnly: true },
            { name: 'scratch', mountPath: '/scratch' },
          ],
        }),
      ],
      volumes: [
        { name: 'data', configMap: { name: 'conf' } },
        { name: 'secret', secret: { secretName: 'key' } },
        { name: 'scratch', emptyDir: {} },
      ],
    });
    const pod = await eventually(async () => {
      const seen = await lab.pod('env');
      return seen.status?.phase === 'Succeeded' ? seen : false;
    });
    expect(stateOf(pod)?.state?.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
    const output = await lab.logs('env');
    for (const line of [
      'GREETING=hello',
      'TOKEN=s3cret',
      `IP=${pod.status?.podIP}`,
      'BOTH=hello 10.96.1.1 $(GREETING)',
      'HOSTNAME=env',
      'MY_SVC_SERVICE_HOST=10.96.1.1',
      'MY_SVC_PORT_80_TCP=tcp://10.96.1.1:80',
      'search default.svc.cluster.local svc.cluster.local cluster.local',
      'nameserver 10.96.0.10',
      'options ndots:5',
      `${pod.status?.podIP}\tenv`,
      'hello',
    ]) {
      expect(output.split('\n')).toContain(line);
    }
    expect(output).toContain('files3cret');
    expect(output).toContain('greeting\nx\n');
  });

  it('files of a ConfigMap change together, for the program that runs; one mounted alone keeps what it was', async () => {
    const key = { namespace: 'default', name: 'turns' };
    await lab.transport.create(CONFIG_MAPS, { metadata: key, data: { a: '1', b: '1' } });
    // Both files of one version, over and over; one that goes meanwhile is passed over.
    const script = `last=1; while [ "$last" != 5 ]; do
        pair=$({ cd -P /data/..data && cat a b; } 2>/dev/null) || continue
        case $pair in 11|22|33|44|55) ;; *) echo "mixed $pair";; esac
        now=$(cat /data/a 2>/dev/null); [ -z "$now" ] || [ "$now" = "$last" ] || { last=$now; echo "now $now"; }
      done; readlink /data/a; echo "alone $(cat /alone/a)"; sleep 3600`;
    await lab.createPod('reader', {
      containers: [
        container({
          command: ['sh', '-c', script],
          volumeMounts: [
            { name: 'data', mountPath: '/data' },
            { name: 'data', mountPath: '/alone/a', subPath: 'a' },
          ],
        }),
      ],
      volumes: [{ name: 'data', configMap: { name: 'turns' } }],
    });
    await ready('reader');
    for (const turn of ['2', '3', '4', '5']) {
      await lab.transport.patch(CONFIG_MAPS, key, 'merge', { data: { a: turn, b: turn } });
      await eventually(async () => (await lab.logs('reader')).includes(`now ${turn}\n`));
    }
    await eventually(async () => (await lab.logs('reader')).includes('alone'));
    expect(await lab.logs('reader')).toBe('now 2\nnow 3\nnow 4\nnow 5\n..data/a\nalone 1\n');
  });

  it('busybox has its applets; exec enters the container, with and without a terminal', async () => {
    await lab.createPod('box', {
      containers: [container({ command: ['/bin/sh', '-c', 'sleep 36000'], image: 'busybox:1.28.4' })],
    });
    const ip = (await ready('box')).status!.podIP!;
    const { stdout } = await lab.exec('box', [
      'sh',
      '-c',
      'hostname; ip -4 -o addr show eth0; command -v nslookup; command -v wget',
    ]);
    expect(stdout).toMatch(new RegExp(`^box\\n.*${ip}/24.*\\n/.podwire/applets/nslookup\\n/.podwire/applets/wget\\n$`));
    const web = (await ready('web')).status!.podIP!;
    expect((await lab.exec('box', ['wget', '-qO-', `http://${web}/`])).stdout).toContain('pod: web');
    expect(await lab.exec('box', ['nothing'])).toMatchObject({
      code: 127,
      error: 'exec: "nothing": executable file not found in $PATH',
    });
    const session = await lab.connector.exec({
      ...{
        node: NODE,
        namespace: 'default',
        pod: 'box',
        container: 'main',
        command: ['sh', '-c', 'read x; echo "[$x]"'],
      },
      ...{ stdin: true, tty: true },
    });
    let seen = '';
    session.stdout.on('data', (chunk) => {
      seen += chunk;
    });
    session.stdin!.write('typed\n');
    expect(await session.exit).toEqual({ code: 0 });
    await eventually(async () => seen.includes('[typed]'));
    expect((await lab.exec('web', ['hostname'])).stdout).toBe('web\n');
  });

  it('a shell image without a command has nothing to do and completes; CrashLoopBackOff follows a failure', async () => {
    await lab.createPod('nothing', { restartPolicy: 'Never', containers: [container({})] });
    await lab.createPod('crash', { containers: [container({ command: ['sh', '-c', 'echo up; exit 2'] })] });
    // Looked for at once: the first back-off is over after a second.
    const crash = await eventually(async () => {
      const pod = await lab.pod('crash');
      return stateOf(pod)?.state?.waiting?.reason === 'CrashLoopBackOff' ? pod : false;
    });
    await lab.createPod('missing', { containers: [container({ command: ['no-such-program'] })] });
    await eventually(async () => (await lab.pod('nothing')).status?.phase === 'Succeeded');
    expect(stateOf(crash)?.state?.waiting?.message).toBe(
      `back-off 1s restarting failed container=main pod=crash_default(${crash.metadata?.uid})`,
    );
    expect(stateOf(crash)?.lastState?.terminated).toMatchObject({ exitCode: 2, reason: 'Error' });
    expect(await lab.logs('crash', { previous: true })).toBe('up\n');
    const missing = await eventually(async () => {
      const pod = await lab.pod('missing');
      return stateOf(pod)?.lastState?.terminated?.reason === 'StartError' ? pod : false;
    });
    expect(stateOf(missing)?.lastState?.terminated).toMatchObject({
      exitCode: 128,
      message: expect.stringContaining('exec: "no-such-program": executable file not found in $PATH'),
    });
    const events = await eventually(async () => {
      const all = await lab.events('missing');
      return all.some((event) => event.startsWith('BackOff: ')) ? all : false;
    });
    expect(events.some((event) => event.startsWith('Started: '))).toBe(false);
  });

  it('init containers run before, one after another', async () => {
    const shared = { volumeMounts: [{ name: 'shared', mountPath: '/shared' }] };
    await lab.createPod('init', {
      initContainers: [
        container({ name: 'first', command: ['sh', '-c', 'sleep 0.2; echo first >>/shared/order'], ...shared }),
        container({ name: 'second', command: ['sh', '-c', 'echo second >>/shared/order'], ...shared }),
      ],
      containers: [container({ command: ['sh', '-c', 'cat /shared/order; sleep 60'], ...shared })],
      volumes: [{ name: 'shared', emptyDir: {} }],
    });
    const pod = await ready('init');
    expect(stateOf(pod, 'first')?.state?.terminated?.reason).toBe('Completed');
    await eventually(async () => (await lab.logs('init')) === 'first\nsecond\n');
  });
});

afterEach((context) => {
  if (context.task.result?.state === 'fail') process.stderr.write(`${lab.warnings.join('\n')}\n`);
});

describe('probes', () => {
  it('readiness drives the condition, liveness restarts', async () => {
    const file = { exec: { command: ['cat', '/tmp/ok'] }, periodSeconds: 1, failureThreshold: 1 };
    await lab.createPod('probed', { containers: [container({ command: ['sleep', '600'], readinessProbe: file })] });
    await lab.createPod('live', {
      terminationGracePeriodSeconds: 0,
      containers: [
        container({
          image: 'nginx',
          livenessProbe: { httpGet: { path: '/', port: 81 as never }, periodSeconds: 1, failureThreshold: 1 },
        }),
      ],
    });
    await eventually(async () => (await lab.pod('probed')).status?.phase === 'Running');
    expect(isReady(await lab.pod('probed'))).toBe(false);
    await lab.exec('probed', ['touch', '/tmp/ok']);
    await ready('probed');
    await lab.exec('probed', ['rm', '/tmp/ok']);
    await eventually(async () => !isReady(await lab.pod('probed')));
    await eventually(async () =>
      (await lab.events('probed')).join('\n').includes('Unhealthy: Readiness probe failed: cat: '),
    );
    const live = await eventually(async () => {
      const pod = await lab.pod('live');
      return (stateOf(pod)?.restartCount ?? 0) > 0 ? pod : false;
    });
    const events = await eventually(async () => {
      const all = (await lab.events('live')).join('\n');
      return all.includes('Killing') ? all : false;
    });
    expect(events).toContain(
      `Unhealthy: Liveness probe failed: Get "http://${live.status?.podIP}:81/": dial tcp ${live.status?.podIP}:81: connect: connection refused`,
    );
    expect(events).toContain('Killing: Container main failed liveness probe, will be restarted');
  });
});

describe('the end of a pod', () => {
  it('is graceful: preStop, SIGTERM, the rest of the grace, and nothing is left', async () => {
    await lab.createPod('graceful', {
      containers: [
        container({
          command: ['sh', '-c', 'trap "echo term; exit 0" TERM; echo up; while :; do sleep 0.05; done'],
          lifecycle: { preStop: { exec: { command: ['sh', '-c', 'echo hook >/proc/1/fd/1'] } } },
        }),
      ],
    });
    await ready('graceful');
    const follow = await lab.connector.logs({
      ...{
        node: NODE,
        namespace: 'default',
        pod: 'graceful',
        container: 'main',
        follow: true,
        previous: false,
        timestamps: false,
      },
    });
    let log = '';
    follow.on('data', (chunk) => {
      log += chunk;
    });
    await eventually(async () => log.includes('up'));
    await lab.deletePod('graceful');
    await eventually(() =>
      lab.pod('graceful').then(
        () => false,
        (error: Error) => error.message.includes('not found'),
      ),
    );
    await eventually(async () => log.endsWith('term\n'));
    expect(log).toBe('up\nhook\nterm\n');
    expect((await lab.kernel.read('', ['ip', 'netns', 'list'])).stdout).not.toContain(`${lab.lab}.default.graceful`);
    await eventually(async () => (await lab.events('graceful')).includes('Killing: Stopping container main'));
  });

  it('a successor of the same name waits for its predecessor', async () => {
    const deaf = { containers: [container({ command: ['sleep', '600'] })] };
    await lab.createPod('twin', deaf);
    const first = await ready('twin');
    await lab.deletePod('twin', 0);
    await lab.createPod('twin', deaf);
    const second = await ready('twin');
    expect(second.metadata?.uid).not.toBe(first.metadata?.uid);
    expect((await lab.exec('twin', ['hostname'])).stdout).toBe('twin\n');
  });
});

describe('a restart of the kubelet', () => {
  it('adopts stand-ins that still serve, without a restart', async () => {
    await lab.createPod('kept', { containers: [container({ image: 'nginx' })] });
    const before = await ready('kept');
    await lab.restartKubelet();
    await eventually(async () => (await lab.exec('kept', ['hostname'])).stdout === 'kept\n');
    const after = await lab.pod('kept');
    expect(stateOf(after)?.restartCount).toBe(0);
    expect(stateOf(after)?.containerID).toBe(stateOf(before)?.containerID);
    expect((await lab.get(`http://${after.status?.podIP}/`)).text).toContain('pod: kept');
  });
});
