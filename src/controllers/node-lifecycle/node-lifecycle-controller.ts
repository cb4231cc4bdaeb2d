/**
 * Watches the nodes' heartbeats. A node that falls silent is marked (conditions, taints, an event), its pods are no
 * longer ready, so that they leave the endpoints, and in the end they are evicted. What to write is node-health.ts's.
 */

import { isDeepStrictEqual } from 'node:util';
import { keyOf } from '../../client/informer.ts';
import type { Component } from '../../objects/component.ts';
import { LEASES, NODES, PODS } from '../../objects/resource.ts';
import { timestamp } from '../../objects/timestamp.ts';
import { hasReason } from '../../objects/transport.ts';
import type { Node, Pod } from '../../objects/wire.ts';
import type { ControllerContext } from '../controller-context.ts';
import { KeyedController } from '../keyed-controller.ts';
import { conditionOf, isFinished, isTerminating } from '../pod-state.ts';
import { evictionTime, heartbeatOf, readyCondition, silentConditions, taintsFor } from './node-health.ts';

export interface NodeLifecycleOptions {
  /** Milliseconds without a heartbeat until a node counts as silent; default 50,000, as in Kubernetes. */
  readonly gracePeriodMs?: number;
  /** Milliseconds between two looks at the heartbeats; default 5,000, and less with a short grace period. */
  readonly monitorPeriodMs?: number;
  /** A clock in milliseconds that does not run while the machine sleeps; default: the process' monotonic clock. */
  readonly monotonic?: () => number;
}

const NAME = 'node-controller';
const LEASE_NAMESPACE = 'kube-node-lease';

/** The node lifecycle controller, as a component. */
export function nodeLifecycleController(context: ControllerContext, options: NodeLifecycleOptions = {}): Component {
  const { transport, now } = context;
  const { gracePeriodMs = 50_000, monotonic = () => performance.now() } = options;
  const { monitorPeriodMs = Math.min(5_000, gracePeriodMs / 10) } = options;
  const nodes = context.informers.informer(NODES);
  const leases = context.informers.informer(LEASES);
  const pods = context.informers.informer(PODS);
  const podsOfNode = pods.index((pod) => (pod.spec?.nodeName === undefined ? [] : [pod.spec.nodeName]));
  const recorder = context.recorder(NAME);
  const controller = new KeyedController('node-lifecycle-controller', context, reconcile, { concurrency: 4 });
  const { queue } = controller;
  /** The last sign of life and when it was seen, by our own clock: the node's may differ. */
  const heard = new Map<string, { readonly sign: string; readonly at: number }>();
  let timer: NodeJS.Timeout | undefined;
  let lookedAt = performance.now();

  nodes.onChange((change) => {
    const key = keyOf(change.object);
    if (change.type === 'deleted') heard.delete(key);
    else listen(change.object);
    queue.add(key);
  });
  leases.onChange(({ object }) => {
    if (object.metadata?.namespace !== LEASE_NAMESPACE) return;
    const node = nodes.get(object.metadata?.name ?? '');
    if (node !== undefined) listen(node);
  });
  pods.onChange((change) => {
    const { nodeName } = change.object.spec ?? {};
    if (change.type === 'deleted' || nodeName === undefined) return;
    const node = nodes.get(nodeName);
    if (node !== undefined && readyCondition(node)?.status !== 'True') queue.add(nodeName);
  });

  function listen(node: Node): void {
    const key = keyOf(node);
    const sign = heartbeatOf(node, leases.get(`${LEASE_NAMESPACE}/${key}`));
    if (heard.get(key)?.sign !== sign) heard.set(key, { sign, at: monotonic() });
  }

  function isSilent(key: string): boolean {
    const last = heard.get(key);
    return last !== undefined && monotonic() - last.at > gracePeriodMs;
  }

  async function reconcile(key: string): Promise<void> {
    let node = nodes.get(key);
    if (node === undefined) return;
    // A node that has said nothing yet (it is being set up) is given the grace period, not marked.
    if (isSilent(key)) node = await markSilent(node);
    node = await setTaints(node);
    if (readyCondition(node) !== undefined && readyCondition(node)?.status !== 'True') await markPods(node);
    await evict(node);
  }

  async function markSilent(node: Node): Promise<Node> {
    const conditions = silentConditions(node, now());
    if (conditions === node.status?.conditions) return node;
    const name = node.metadata?.name ?? '';
    const marked = { ...node, status: { ...node.status, conditions } };
    const written = await transport.update(NODES, marked, { subresource: 'status' });
    // Writing changed the status: that is our own voice, not the kubelet's.
    heard.set(name, {
      sign: heartbeatOf(written, leases.get(`${LEASE_NAMESPACE}/${name}`)),
      at: Number.NEGATIVE_INFINITY,
    });
    recorder.normal({ type: NODES, object: node }, 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
    return written;
  }

  async function setTaints(node: Node): Promise<Node> {
    const taints = taintsFor(node, now());
    if (taints === (node.spec?.taints ?? []) || isDeepStrictEqual(taints, node.spec?.taints ?? [])) return node;
    return await transport.update(NODES, { ...node, spec: { ...node.spec, taints } });
  }

  async function markPods(node: Node): Promise<void> {
    for (const pod of podsOfNode.get(keyOf(node))) {
      const ready = conditionOf(pod, 'Ready');
      if (ready?.status !== 'True' || isFinished(pod)) continue;
      const { name = '', namespace = '', uid } = pod.metadata ?? {};
      const notReady = { type: 'Ready', status: 'False', lastTransitionTime: timestamp(now()) };
      const patch = { metadata: { uid }, status: { conditions: [notReady] } };
      await unlessGone(transport.patch(PODS, { name, namespace }, 'strategic', patch, { subresource: 'status' }));
      recorder.warning({ type: PODS, object: pod }, 'NodeNotReady', 'Node is not ready');
    }
  }

  async function evict(node: Node): Promise<void> {
    const taints = node.spec?.taints ?? [];
    if (!taints.some(({ effect }) => effect === 'NoExecute') || isEverythingDown()) return;
    for (const pod of podsOfNode.get(keyOf(node))) {
      if (isTerminating(pod)) continue;
      const at = evictionTime(pod, taints, now());
      if (at === undefined) continue;
      if (at > now()) queue.addAfter(keyOf(node), at - now());
      else await evictPod(pod);
    }
  }

  async function evictPod(pod: Pod): Promise<void> {
    const { name = '', namespace = '', uid } = pod.metadata ?? {};
    const message = `Marking for deletion Pod ${namespace}/${name}`;
    recorder.normal({ type: PODS, object: pod }, 'TaintManagerEviction', message);
    const preconditions = uid === undefined ? {} : { preconditions: { uid } };
    await unlessGone(transport.delete(PODS, { name, namespace }, preconditions));
  }

  /** When no node at all is heard of, it is rather us who are cut off (or were asleep): nothing is evicted. */
  function isEverythingDown(): boolean {
    const all = nodes.list();
    return all.length > 1 && all.every((node) => readyCondition(node)?.status === 'Unknown');
  }

  function look(): void {
    const late = performance.now() - lookedAt;
    lookedAt = performance.now();
    // It was us who stood still (a stopped process), so the silence says nothing: everybody gets a fresh start.
    if (late > gracePeriodMs / 2) for (const [key, { sign }] of heard) heard.set(key, { sign, at: monotonic() });
    for (const node of nodes.list()) if (isSilent(keyOf(node))) queue.add(keyOf(node));
  }

  return {
    name: controller.name,
    async start() {
      await controller.start();
      lookedAt = performance.now();
      timer = setInterval(look, monitorPeriodMs);
    },
    async stop() {
      clearInterval(timer);
      await controller.stop();
    },
  };
}

async function unlessGone(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
  }
}
