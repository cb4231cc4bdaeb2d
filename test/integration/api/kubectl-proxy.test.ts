import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENDPOINTS, SERVICES } from '../../../src/objects/resource.ts';
import type { Endpoints, Service } from '../../../src/objects/wire.ts';
import { eventually, scratch } from '../scratch.ts';
import { KUBECTLS, type KubectlServer, POD, startKubectlServer } from './kubectl-fixture.ts';
import { runPod } from './run-pod.ts';
import { shellKubelet } from './shell-kubelet.ts';

const { kernel } = scratch();
const POD_IP = '10.244.1.5';
let server: KubectlServer;

/** The pod's program: it says what it was asked. */
const program = createServer((incoming, response) => response.end(`${incoming.method} ${incoming.url}`));

beforeAll(async () => {
  await new Promise<void>((resolve) => program.listen(0, '127.0.0.1', resolve));
  const { port } = program.address() as AddressInfo;
  server = await startKubectlServer(shellKubelet(kernel), ({ host }) =>
    host === POD_IP ? connect(port, '127.0.0.1') : connect(1, '127.0.0.1'),
  );
  await server.kubectl('apply -f -', POD);
  await runPod(server.transport, 'web', POD_IP);
  const metadata = { namespace: 'default', name: 'web' };
  await server.transport.create(SERVICES, { metadata, spec: { ports: [{ name: 'http', port: 80 }] } } as Service);
  const targetRef = { kind: 'Pod', namespace: 'default', name: 'web' };
  const subsets = [{ addresses: [{ ip: POD_IP, targetRef }], ports: [{ name: 'http', port: 8080 }] }];
  await server.transport.create(ENDPOINTS, { metadata, subsets } as Endpoints);
});
afterAll(() => {
  server.close();
  program.close();
});

describe.each(KUBECTLS)('kubectl $version', ({ program: kubectl }) => {
  it('get --raw leads through pods and Services', async () => {
    const raw = (path: string) => server.kubectl(`get --raw /api/v1/namespaces/default/${path}`, '', kubectl);
    expect(await raw('pods/web/proxy/a/b?c=d')).toMatchObject({ code: 0, out: 'GET /a/b?c=d' });
    expect(await raw('services/web:http/proxy/healthz')).toMatchObject({ code: 0, out: 'GET /healthz' });
    const { code, err } = await raw('services/web:81/proxy/');
    expect([code, err]).toEqual([1, expect.stringContaining('no service port 81 found for service "web"')]);
  });

  it('proxy serves the API on a local port, watches and streams too', async () => {
    const child = kernel.spawn('', [kubectl, 'proxy', '--port=0'], { env: server.env });
    try {
      let said = '';
      child.stdout!.on('data', (chunk: Buffer) => {
        said += chunk;
      });
      const [, port] = await eventually(() => /127\.0\.0\.1:(\d+)/.exec(said));
      const at = (path: string) => `http://127.0.0.1:${port}/api/v1/namespaces/default/${path}`;
      expect(await (await fetch(at('pods/web/proxy/x'))).text()).toBe('GET /x');
      expect(await (await fetch(at('pods'))).json()).toMatchObject({ kind: 'PodList' });
      const watch = await fetch(at('pods?watch=1&timeoutSeconds=60'));
      const first = await watch.body!.getReader().read();
      expect(JSON.parse(Buffer.from(first.value!).toString().split('\n')[0]!)).toMatchObject({ type: 'ADDED' });
      // kubectl through kubectl's proxy, with neither certificate nor token of its own.
      const through = await server.kubectl(
        `--server=http://127.0.0.1:${port} --kubeconfig=/dev/null get pod web`,
        '',
        kubectl,
      );
      expect(through).toMatchObject({ code: 0, out: expect.stringContaining('Running') });
    } finally {
      child.kill('SIGKILL');
      await child.exited;
    }
  });
});
