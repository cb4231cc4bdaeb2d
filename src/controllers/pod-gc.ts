/** Removes pods that no kubelet will ever remove: those of nodes that no longer exist, and those that never had one. */
import { keyOf } from '../client/informer.ts';
import type { Component } from '../objects/component.ts';
import { NODES, PODS } from '../objects/resource.ts';
import { hasReason } from '../objects/transport.ts';
import type { Node, Pod } from '../objects/wire.ts';
import type { ControllerContext } from './controller-context.ts';
import { KeyedController } from './keyed-controller.ts';
import { isTerminating } from './pod-state.ts';

export interface PodGcOptions {
  /** Milliseconds a node must have been gone before its pods are removed; default 40,000, as in Kubernetes. */
  readonly quarantineMs?: number;
}

/** Why a pod is to be removed by force; undefined: it is not. Pure. */
export function removalReason(pod: Pod, nodeExists: boolean): 'node gone' | 'never scheduled' | undefined {
  const { nodeName } = pod.spec ?? {};
  if (nodeName === undefined || nodeName === '') return isTerminating(pod) ? 'never scheduled' : undefined;
  return nodeExists ? undefined : 'node gone';
}

/** The pod garbage collector, as a component. */
export function podGarbageCollector(context: ControllerContext, options: PodGcOptions = {}): Component {
  const { transport, now } = context;
  const { quarantineMs = 40_000 } = options;
  const nodes = context.informers.informer(NODES);
  const pods = context.informers.informer(PODS);
  const podsOfNode = pods.index((pod) => (pod.spec?.nodeName === undefined ? [] : [pod.spec.nodeName]));
  const controller = new KeyedController('pod-garbage-collector', context, reconcile);
  const { queue } = controller;
  /** When a node was first missed. */
  const missed = new Map<string, number>();

  nodes.onChange((change) => {
    const name = change.object.metadata?.name ?? '';
    missed.delete(name);
    if (change.type === 'deleted') for (const pod of podsOfNode.get(name)) queue.add(keyOf(pod));
  });
  pods.onChange(({ type, object }) => {
    if (type === 'deleted') return;
    const { nodeName } = object.spec ?? {};
    if (removalReason(object, nodeName !== undefined && nodes.get(nodeName) !== undefined)) queue.add(keyOf(object));
  });

  async function reconcile(key: string): Promise<void> {
    const pod = pods.get(key);
    if (pod === undefined) return;
    const { nodeName = '' } = pod.spec ?? {};
    const reason = removalReason(pod, nodes.get(nodeName) !== undefined);
    if (reason === undefined) return;
    if (reason === 'node gone') {
      const since = missed.get(nodeName) ?? now();
      missed.set(nodeName, since);
      const wait = since + quarantineMs - now();
      if (wait > 0) {
        queue.addAfter(key, wait);
        return;
      }
      // The cache may be behind: ask before acting.
      if (await nodeExists(nodeName)) return;
    }
    const { name = '', namespace = '', uid } = pod.metadata ?? {};
    const preconditions = uid === undefined ? {} : { preconditions: { uid } };
    context.log.info(`pod-garbage-collector: removing ${key}`, { reason, node: nodeName });
    try {
      await transport.delete(PODS, { name, namespace }, { gracePeriodSeconds: 0, ...preconditions });
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
    }
  }

  async function nodeExists(name: string): Promise<boolean> {
    try {
      const node: Node = await transport.get(NODES, { name });
      return node.metadata?.name === name;
    } catch (error) {
      if (hasReason(error, 'NotFound')) return false;
      throw error;
    }
  }

  return controller;
}
