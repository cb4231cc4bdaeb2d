/** An API server with TLS on a loopback port, and the real kubectl in the versions that are installed. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createApiServer } from '../../../src/api/api-server.ts';
import { createApiCore } from '../../../src/api/create-api-core.ts';
import type { Dial } from '../../../src/api/dial.ts';
import { InProcessTransport } from '../../../src/api/in-process-transport.ts';
import type { KubeletConnector } from '../../../src/api/kubelet-connector.ts';
import type { StoreOptions } from '../../../src/api/store/store.ts';
import { createServingCertificate } from '../../../src/api/tls/certificates.ts';
import { kubeconfigText } from '../../../src/api/tls/kubeconfig.ts';
import { NAMESPACES } from '../../../src/objects/resource.ts';
import type { Namespace } from '../../../src/objects/wire.ts';
import { NO_KUBELETS } from '../../api/http/fixture.ts';

/** Folders that hold kubectls of several versions besides the one people call. */
const FOLDERS = ['/usr/lib/google-cloud-sdk/bin'];

export interface Kubectl {
  /** `1.20`. */
  readonly version: string;
  /** 20. */
  readonly minor: number;
  readonly program: string;
}

/** Every version that is installed, oldest first: any `kubectl` and `kubectl.1.20` in the folders of PATH, and the above. */
export const KUBECTLS: readonly Kubectl[] = findKubectls();

function findKubectls(): Kubectl[] {
  const found = new Map<string, string>();
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), ...FOLDERS]) {
    const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^kubectl([.-]?1\.\d+)?$/.test(name)) : [];
    for (const name of names) {
      const program = join(folder, name);
      const version = /1\.\d+$/.exec(name)?.[0] ?? versionOf(program);
      if (!found.has(version)) found.set(version, program);
    }
  }
  return [...found]
    .map(([version, program]) => ({ version, minor: Number(version.split('.')[1]), program }))
    .sort((a, b) => a.minor - b.minor);
}

function versionOf(program: string): string {
  const text = execFileSync(program, ['version', '--client', '-o', 'json'], { encoding: 'utf8' });
  const { major, minor } = (JSON.parse(text) as { clientVersion: { major: string; minor: string } }).clientVersion;
  return `${major}.${Number.parseInt(minor, 10)}`;
}

export interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface KubectlServer {
  readonly transport: InProcessTransport;
  readonly kubeconfig: string;
  /** The environment of a kubectl that shall meet this server alone. */
  readonly env: Record<string, string>;
  /** Runs the kubectl on the path, or another. */
  kubectl(args: string, input?: string, program?: string): Promise<Result>;
  /** Breaks every connection there is; new ones are served. */
  cut(): void;
  close(): void;
}

export async function startKubectlServer(
  kubelets: KubeletConnector = NO_KUBELETS,
  dial?: Dial,
  store: StoreOptions = {},
): Promise<KubectlServer> {
  const { ca, cert, key } = await createServingCertificate([]);
  const core = createApiCore({ serviceCIDRs: ['10.96.0.0/12'], certificateAuthority: ca }, { freeze: true, ...store });
  const transport = new InProcessTransport(core);
  for (const name of ['default', 'kube-system']) {
    await transport.create(NAMESPACES, { metadata: { name } } as Namespace);
  }
  const user = { username: 'kubernetes-admin', groups: ['system:masters'] };
  const tokens = [{ token: 'a-token', user }];
  const server = createApiServer({
    core,
    kubelets,
    ...(dial === undefined ? {} : { dial }),
    tokens,
    tls: { key, cert },
    kubernetesVersion: 'v1.36.0',
  });
  const listener = createServer();
  server.attach(listener);
  const sockets = new Set<Socket>();
  listener.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  const home = mkdtempSync(join(tmpdir(), 'kubectl-'));
  const kubeconfig = join(home, 'config');
  const fields = { name: 'test', server: `https://127.0.0.1:${port}`, certificateAuthority: ca, token: 'a-token' };
  writeFileSync(kubeconfig, kubeconfigText(fields), { mode: 0o600 });
  const env = { PATH: process.env.PATH ?? '', HOME: home, KUBECONFIG: kubeconfig, TERM: 'xterm', EDITOR: 'true' };
  return {
    ...{ transport, kubeconfig, env },
    kubectl: (args, input, program = 'kubectl') => run(program, words(args), env, input),
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    close() {
      server.close();
      listener.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Splits at blanks, but not within single quotes. */
export function words(args: string): string[] {
  return (args.match(/(?:[^\s']|'[^']*')+/g) ?? []).map((word) => word.replaceAll("'", ''));
}

function run(program: string, args: string[], env: Record<string, string>, input?: string): Promise<Result> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { env, timeout: 20_000 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err });
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
  });
}

export const MANIFEST = `
apiVersion: v1
kind: Service
metadata:
  name: my-service
spec:
  type: NodePort
  selector:
    app: my-nginx
  ports:
  - name: http
    port: 80
    targetPort: 8080
    nodePort: 30078
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: my-nginx
spec:
  replicas: 2
  selector:
    matchLabels:
      app: my-nginx
  template:
    metadata:
      labels:
        app: my-nginx
    spec:
      containers:
      - name: nginx
        image: nginx:1.25
        ports:
        - containerPort: 8080
---
apiVersion: v1
kind: Endpoints
metadata:
  name: mysql-svc
subsets:
- addresses:
  - ip: 192.168.1.23
  ports:
  # Left out, the default makes every further apply say "configured", as it does with Kubernetes: the list is atomic.
  - protocol: TCP
    port: 3306
`;

export const POD = `
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels:
    app: web
spec:
  containers:
  - name: main
    image: nginx
`;
