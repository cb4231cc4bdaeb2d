/**
 * A cluster without a kernel: the real API core (store, defaults, validation), all controllers, and kubelets that only
 * say what real ones would. Stored objects are frozen, so a controller that writes to its cache is found out.
 */
import type { ApiCore } from '../../src/api/api-core.ts';
import { createApiCore } from '../../src/api/create-api-core.ts';
import { InProcessTransport } from '../../src/api/in-process-transport.ts';
import { Informer } from '../../src/client/informer.ts';
import {
  type ControllerOptions,
  type RunningControllers,
  startControllers,
} from '../../src/controllers/start-controllers.ts';
import { NAMESPACES, NODES, PODS } from '../../src/objects/resource.ts';
import { hasReason } from '../../src/objects/transport.ts';
import type { Node, Pod } from '../../src/objects/wire.ts';

export interface ClusterOptions extends ControllerOptions {
  /** Worker nodes besides `control-plane`; default 2. */
  readonly workers?: number;
}

export interface Cluster {
  readonly core: ApiCore;
  readonly transport: InProcessTransport;
  /** What was logged as a warning or an error. */
  readonly complaints: string[];
  /** Whether kubelets report a pod as ready; may be replaced at any time, before the pod is bound. */
  becomesReady: (pod: Pod) => boolean;
  /** Whether kubelets let a pod go that is being deleted; when false it stays until `release`. */
  letsGo: boolean;
  /** Reports a pod as ready, or not. */
  setReady(name: string, ready: boolean): Promise<void>;
  stop(): Promise<void>;
}

const TAINT = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' };

export function node(name: string, fields: { labels?: Record<string, string>; controlPlane?: boolean } = {}): Node {
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...fields.labels } },
    spec: fields.controlPlane === true ? { taints: [TAINT] } : {},
    status: {
      allocatable: { pods: '1100' },
      conditions: [
        { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
      ],
    },
  };
}

/** Starts everything; `stop` ends it. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const core = createApiCore({ serviceCIDRs: ['10.96.0.0/12'], certificateAuthority: 'PEM' }, { freeze: true });
  const transport = new InProcessTransport(core);
  for (const name of ['default', 'kube-system', 'kube-node-lease'])
    await transport.create(NAMESPACES, { metadata: { name } });
  const nodes = [node('control-plane', { controlPlane: true })];
  for (let i = 1; i <= (options.workers ?? 2); i += 1) {
    nodes.push(node(`node-${i}`, { labels: { 'topology.kubernetes.io/zone': `zone-${i}` } }));
  }
  for (const each of nodes) {
    const created = await transport.create(NODES, each);
    await transport.update(NODES, { ...created, status: each.status! }, { subresource: 'status' });
  }
  const complaints: string[] = [];
  const complain = (message: string, fields?: object): void =>
    void complaints.push(`${message} ${JSON.stringify(fields)}`);
  const log = { info: () => undefined, warn: complain, error: complain };
  const kubelets = new Informer(transport, PODS, { onError: (error) => complain(String(error)) });
  let address = 0;
  const cluster: Cluster = {
    core,
    transport,
    complaints,
    becomesReady: () => true,
    letsGo: true,
    async setReady(name, ready) {
      await report(await transport.get(PODS, { namespace: 'default', name }), ready);
    },
    async stop() {
      await kubelets.stop();
      await controllers.stop();
    },
  };

  async function report(pod: Pod, ready: boolean): Promise<void> {
    const now = new Date().toISOString().replace(/\.\d+Z/, 'Z');
    const podIP = pod.status?.podIP ?? `10.244.${++address >> 8}.${address & 255}`;
    const conditions = [
      ...(pod.status?.conditions ?? []).filter(({ type }) => type !== 'Ready'),
      { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: now },
    ];
    const status = { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions };
    const { name = '', namespace = '' } = pod.metadata ?? {};
    await transport.patch(PODS, { namespace, name }, 'merge', { status }, { subresource: 'status' });
  }

  async function act(pod: Pod): Promise<void> {
    const { name = '', namespace = '', deletionTimestamp } = pod.metadata ?? {};
    try {
      if (deletionTimestamp !== undefined) {
        if (cluster.letsGo) await transport.delete(PODS, { namespace, name }, { gracePeriodSeconds: 0 });
      } else if (pod.spec?.nodeName !== undefined && pod.status?.podIP === undefined) {
        await report(pod, cluster.becomesReady(pod));
      }
    } catch (error) {
      if (!hasReason(error, 'NotFound')) complain(String(error));
    }
  }
  kubelets.onChange((change) => {
    if (change.type !== 'deleted') void act(change.object);
  });
  await kubelets.start();
  const controllers: RunningControllers = await startControllers({ transport, log, options });
  return cluster;
}
