/** The real kubectl against API and controllers: what users do with a Deployment, and what they must see. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type ApiServer, createApiServer } from '../../../src/api/api-server.ts';
import { Informer } from '../../../src/client/informer.ts';
import { loadKubeconfig } from '../../../src/client/kubeconfig.ts';
import { RemoteTransport } from '../../../src/client/remote-transport.ts';
import { PODS } from '../../../src/objects/resource.ts';
import { type Cluster, startCluster } from '../../controllers/cluster.ts';
import { testCertificate } from '../../support/test-certificate.ts';

let folder: string;
let cluster: Cluster;
let server: ApiServer;
let listener: Server;
let kubeconfig: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'controllers-'));
  kubeconfig = join(folder, 'kubeconfig');
  cluster = await startCluster({
    kubernetesService: { clusterIP: '10.96.0.1', addresses: ['192.168.1.10'], port: 6443 },
  });
  const certificate = await testCertificate('localhost');
  const refuse = (): Promise<never> => Promise.reject(new Error('no kubelets here'));
  server = createApiServer({
    core: cluster.core,
    kubelets: { exec: refuse, attach: refuse, logs: refuse, portForward: refuse },
    tokens: [{ token: 'secret', user: { username: 'admin', groups: ['system:masters'] } }],
    tls: certificate,
    kubernetesVersion: 'v1.36.0',
  });
  listener = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => listener.once('listening', resolve));
  server.attach(listener);
  const { port } = listener.address() as AddressInfo;
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [
      {
        name: 'test',
        cluster: {
          server: `https://localhost:${port}`,
          'certificate-authority-data': Buffer.from(certificate.ca).toString('base64'),
        },
      },
    ],
    users: [{ name: 'test', user: { token: 'secret' } }],
  };
  await writeFile(kubeconfig, JSON.stringify(config), { mode: 0o600 });
});

afterAll(async () => {
  await cluster.stop();
  server.close();
  listener.close();
  await rm(folder, { recursive: true });
  expect(cluster.complaints).toEqual([]);
});

const run = promisify(execFile);

async function kubectl(...args: string[]): Promise<string> {
  const { stdout } = await run('kubectl', args, { env: { ...process.env, KUBECONFIG: kubeconfig, HOME: folder } });
  return stdout;
}

it('creates, exposes, rolls out, undoes, scales, waits, describes and deletes a Deployment', async () => {
  await kubectl('create', 'deployment', 'web', '--image=nginx', '--replicas=3', '--port=80');
  expect(await kubectl('rollout', 'status', 'deployment/web', '--timeout=20s')).toContain('successfully rolled out');
  await kubectl('expose', 'deployment', 'web', '--port=80');
  await vi.waitFor(async () => {
    const addresses = await kubectl('get', 'endpointslices', '-l', 'kubernetes.io/service-name=web', '--no-headers');
    expect(addresses).toMatch(/^web-[a-z0-9]{5} +IPv4 +80 +[\d.]+,[\d.]+,[\d.]+ /);
  });
  await kubectl('set', 'image', 'deployment/web', 'nginx=nginx:2');
  expect(await kubectl('rollout', 'status', 'deployment/web', '--timeout=20s')).toContain('successfully rolled out');
  expect(await kubectl('rollout', 'history', 'deployment/web')).toMatch(/REVISION.*\n1 .*\n2 /);
  await kubectl('rollout', 'undo', 'deployment/web');
  expect(await kubectl('rollout', 'status', 'deployment/web', '--timeout=20s')).toContain('successfully rolled out');
  expect(await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={..image}')).toBe('nginx');
  expect(await kubectl('rollout', 'history', 'deployment/web')).toMatch(/REVISION.*\n2 .*\n3 /);
  await kubectl('scale', 'deployment/web', '--replicas=5');
  await kubectl('wait', '--for=jsonpath={.status.readyReplicas}=5', 'deployment/web', '--timeout=20s');
  await kubectl('wait', '--for=condition=Available', 'deployment/web', '--timeout=20s');
  const described = await kubectl('describe', 'deployment', 'web');
  expect(described).toContain('5 desired | 5 updated | 5 total | 5 available | 0 unavailable');
  expect(described).toMatch(/Progressing +True +NewReplicaSetAvailable/);
  expect(described).toMatch(/ScalingReplicaSet .*deployment-controller +Scaled up replica set web-\w+ from 0 to 3/);
  await kubectl('delete', 'deployment', 'web', '--cascade=foreground', '--timeout=20s');
  expect(await kubectl('get', 'deployments,replicasets,pods', '-o', 'name')).toBe('');
});

const workload = (kind: string, extra: string) => `apiVersion: apps/v1
kind: ${kind}
metadata: {name: db, annotations: {kubernetes.io/change-cause: first}}
spec:
  ${extra}
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: 'mysql:1'}]}
`;

it.each([
  ['statefulset', workload('StatefulSet', 'replicas: 3\n  serviceName: db')],
  ['daemonset', workload('DaemonSet', 'revisionHistoryLimit: 10')],
])('shows the history of a %s and undoes a rollout', async (kind, manifest) => {
  const name = `${kind}/db`;
  const images = async () =>
    new Set((await kubectl('get', 'pods', '-l', 'app=db', '-o', 'jsonpath={..image}')).split(' '));
  const rolledOut = async (image: string) => {
    await kubectl('rollout', 'status', name, '--timeout=20s');
    await vi.waitFor(async () => expect(await images()).toEqual(new Set([image])), { timeout: 10_000 });
  };
  await writeFile(join(folder, 'db.yaml'), manifest);
  await kubectl('apply', '-f', join(folder, 'db.yaml'));
  await rolledOut('mysql:1');
  await kubectl('set', 'image', name, 'db=mysql:2');
  await kubectl('annotate', name, 'kubernetes.io/change-cause=second', '--overwrite');
  await rolledOut('mysql:2');
  expect(await kubectl('rollout', 'history', name)).toMatch(/REVISION.*\n1 +first\n2 +/);
  expect(await kubectl('rollout', 'history', name, '--revision=1')).toContain('mysql:1');
  expect(await kubectl('get', 'controllerrevisions')).toMatch(
    new RegExp(`NAME +CONTROLLER +REVISION +AGE\\ndb-[a-z0-9]+ +${kind}.apps/db +1 `),
  );
  expect(await kubectl('rollout', 'undo', name)).toContain('rolled back');
  await rolledOut('mysql:1');
  expect(await kubectl('rollout', 'history', name)).toMatch(/REVISION.*\n2 .*\n3 /);
  expect(await kubectl('rollout', 'undo', name)).toContain('rolled back');
  await rolledOut('mysql:2');
  await kubectl('delete', name, '--cascade=foreground', '--timeout=20s');
  await vi.waitFor(async () => expect(await kubectl('get', 'controllerrevisions', '-o', 'name')).toBe(''));
});

it('updates a StatefulSet above its partition only, and remakes a pod below it from the former template', async () => {
  const manifest = workload('StatefulSet', 'replicas: 3\n  updateStrategy: {rollingUpdate: {partition: 2}}');
  await writeFile(join(folder, 'db.yaml'), manifest);
  await kubectl('apply', '-f', join(folder, 'db.yaml'));
  await kubectl('wait', '--for=jsonpath={.status.readyReplicas}=3', 'statefulset/db', '--timeout=20s');
  await kubectl('set', 'image', 'statefulset/db', 'db=mysql:2');
  const image = (pod: string) => kubectl('get', 'pod', pod, '-o', 'jsonpath={..image}');
  await vi.waitFor(async () => expect(await image('db-2')).toBe('mysql:2'), { timeout: 10_000 });
  await kubectl('delete', 'pod', 'db-1');
  await kubectl('wait', '--for=condition=Ready', 'pod/db-1', '--timeout=20s');
  expect([await image('db-0'), await image('db-1')]).toEqual(['mysql:1', 'mysql:1']);
  await kubectl(
    'patch',
    'statefulset',
    'db',
    '--type=merge',
    '-p',
    '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}',
  );
  await vi.waitFor(
    async () =>
      expect([await image('db-0'), await image('db-1'), await image('db-2')]).toEqual(Array(3).fill('mysql:2')),
    { timeout: 10_000 },
  );
  await kubectl('delete', 'statefulset', 'db', '--cascade=foreground', '--timeout=20s');
});

it('says what keeps a namespace that is being deleted, and lets it go when that is gone', async () => {
  await kubectl('create', 'namespace', 'kept');
  await kubectl('create', 'configmap', 'held', '-n', 'kept');
  const finalizers = (list: string) =>
    kubectl('patch', 'configmap', 'held', '-n', 'kept', '--type=merge', '-p', `{"metadata":{"finalizers":${list}}}`);
  await finalizers('["example.com/hold"]');
  await kubectl('delete', 'namespace', 'kept', '--wait=false');
  const message = (type: string) =>
    kubectl('get', 'namespace', 'kept', '-o', `jsonpath={.status.conditions[?(@.type=="${type}")].message}`);
  await vi.waitFor(async () =>
    expect(await message('NamespaceContentRemaining')).toBe(
      'Some resources are remaining: configmaps. has 1 resource instances',
    ),
  );
  expect(await message('NamespaceFinalizersRemaining')).toBe(
    'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
  );
  expect(await kubectl('get', 'namespace', 'kept', '--no-headers')).toContain('Terminating');
  await finalizers('[]');
  await kubectl('wait', '--for=delete', 'namespace/kept', '--timeout=10s');
});

it('is watched over HTTPS by an informer that is told of every pod', async () => {
  const { connection } = await loadKubeconfig(kubeconfig);
  const transport = new RemoteTransport(connection);
  const errors: unknown[] = [];
  const informer = new Informer(transport, PODS, { namespace: 'default', onError: (error) => errors.push(error) });
  const seen: string[] = [];
  informer.onChange(({ type, object }) => seen.push(`${type} ${object.metadata?.name} ${object.spec?.nodeName ?? ''}`));
  await informer.start();
  await kubectl('run', 'one', '--image=nginx');
  await vi.waitFor(() => expect(seen).toContainEqual(expect.stringMatching(/^updated one node-[12]$/)));
  await kubectl('delete', 'pod', 'one');
  await vi.waitFor(() => expect(seen.at(-1)).toMatch(/^deleted one /));
  expect(seen[0]).toBe('added one ');
  await informer.stop();
  transport.close();
  expect(errors).toEqual([]);
});
