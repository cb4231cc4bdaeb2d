/** N pods of one Deployment, made as a user makes them, and asked one by one whether they answer. */
import type { LabHandle } from '../../src/lab/lab-handle.ts';
import { DEPLOYMENTS, PODS } from '../../src/objects/resource.ts';
import type { BenchmarkContext } from './benchmark.ts';

const NAME = 'load';
const NAMESPACE = 'default';
const PORT = 80;
const DEADLINE_MS = 180_000;
/** Pods dialled at the same time: as many as a node's neighbour table takes without dropping any. */
const PARALLEL = 50;

function deployment(replicas: number): string {
  const labels = { app: NAME };
  const containers = [{ name: 'web', image: 'nginx', ports: [{ containerPort: PORT }] }];
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: NAME, namespace: NAMESPACE },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  });
}

/**
 * Applies the Deployment with kubectl. The milliseconds from kubectl's end until the Deployment counts all its pods Ready and
 * each of them has answered an HTTP request from another node.
 */
export async function applyPods(context: BenchmarkContext, lab: LabHandle, replicas: number): Promise<number> {
  const { exitCode, stderr } = await lab.kubectl(['apply', '-f', '-'], deployment(replicas));
  if (exitCode !== 0) throw new Error(`kubectl apply failed: ${stderr.trim()}`);
  const start = performance.now();
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(DEADLINE_MS)]);
  await untilReady(lab, replicas, signal);
  const { items } = await lab.transport.list(PODS, { namespace: NAMESPACE, labelSelector: `app=${NAME}` });
  const netns = await lab.netnsOf('control-plane');
  const left = items.map(({ status }) => status!.podIP!);
  const dial = async () => {
    for (let ip = left.pop(); ip !== undefined; ip = left.pop()) await answers(context, netns, ip, signal);
  };
  await Promise.all(Array.from({ length: PARALLEL }, dial));
  return performance.now() - start;
}

async function untilReady({ transport }: LabHandle, replicas: number, signal: AbortSignal): Promise<void> {
  const selection = { namespace: NAMESPACE, fieldSelector: `metadata.name=${NAME}` };
  const { items, resourceVersion } = await transport.list(DEPLOYMENTS, selection);
  if ((items[0]?.status?.readyReplicas ?? 0) >= replicas) return;
  for await (const event of transport.watch(DEPLOYMENTS, { ...selection, resourceVersion, signal })) {
    if (event.type === 'MODIFIED' && (event.object.status?.readyReplicas ?? 0) >= replicas) return;
  }
  throw new Error(`${replicas} pods were not Ready within ${DEADLINE_MS / 1000} s`);
}

/** Resolves when the pod has answered with status 200. */
function answers({ kernel }: BenchmarkContext, netns: string, host: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = kernel.sockets.connect(netns, { host, port: PORT });
    const stop = () => socket.destroy(new Error(`the pod at ${host} did not answer in time`));
    signal.addEventListener('abort', stop, { once: true });
    socket.on('error', reject);
    socket.once('data', (data) => {
      if (data.toString('latin1').startsWith('HTTP/1.1 200')) resolve();
      else reject(new Error(`the pod at ${host} answered ${data.toString('latin1').split('\r\n')[0]}`));
      socket.destroy();
    });
    socket.on('close', () => signal.removeEventListener('abort', stop));
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  });
}
