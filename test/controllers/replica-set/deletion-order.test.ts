import { describe, expect, it } from 'vitest';
import { inDeletionOrder } from '../../../src/controllers/replica-set/deletion-order.ts';
import type { Pod } from '../../../src/objects/wire.ts';

const NOW = Date.parse('2026-01-01T12:00:00Z');
const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString();

interface Facts {
  node?: string;
  phase?: string;
  readyFor?: number;
  age?: number;
  restarts?: number;
  cost?: string;
}

function pod(name: string, facts: Facts = {}): Pod {
  const { node = 'n1', phase = 'Running', readyFor, age = 1000, restarts = 0, cost } = facts;
  return {
    metadata: {
      name,
      creationTimestamp: ago(age),
      ...(cost === undefined ? {} : { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }),
    },
    spec: { containers: [], ...(node === '' ? {} : { nodeName: node }) },
    status: {
      phase,
      conditions: readyFor === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: ago(readyFor) }],
      containerStatuses: [{ name: 'c', restartCount: restarts, image: '', imageID: '', ready: true }],
    },
  };
}

const ready = { readyFor: 500 };

describe('the order in which pods are deleted', () => {
  // Each pair: the first goes before the second.
  it.each<[string, Facts, Facts]>([
    ['unassigned before assigned', { node: '' }, {}],
    ['pending before running', { phase: 'Pending' }, { phase: 'Running' }],
    ['not ready before ready', {}, ready],
    ['cheaper before dearer', { ...ready, cost: '-5' }, ready],
    ['ready for a shorter time first', { readyFor: 10 }, { readyFor: 900 }],
    ['more restarts before fewer', { ...ready, restarts: 3 }, ready],
    ['younger before older', { ...ready, age: 600 }, { ...ready, age: 6000 }],
    ['an unassigned one before any other reason', { node: '', cost: '100' }, { phase: 'Pending', cost: '-100' }],
  ])('%s', (_, first, second) => {
    const pods = [pod('a', second), pod('b', first)];
    expect(inDeletionOrder(pods, pods, NOW).map(({ metadata }) => metadata?.name)).toEqual(['b', 'a']);
  });

  it('takes from the node with most pods of the same owner, even those of its other sets', () => {
    const own = [pod('a', { ...ready, node: 'n1' }), pod('b', { ...ready, node: 'n2' })];
    const related = [...own, pod('x', { ...ready, node: 'n2' })];
    expect(inDeletionOrder(own, related, NOW)[0]?.metadata?.name).toBe('b');
  });

  it('takes ages of the same magnitude for equal', () => {
    const pods = [pod('a', { ...ready, age: 1025 }), pod('b', { ...ready, age: 2040 })];
    expect(inDeletionOrder(pods, pods, NOW)[0]?.metadata?.name).toBe('b');
  });
});
