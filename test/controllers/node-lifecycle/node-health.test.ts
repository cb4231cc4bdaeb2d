import { describe, expect, it } from 'vitest';
import { evictionTime, silentConditions, taintsFor } from '../../../src/controllers/node-lifecycle/node-health.ts';
import type { Node, Pod } from '../../../src/objects/wire.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const AT = '2026-01-01T00:00:00Z';
const own = { key: 'dedicated', value: 'x', effect: 'NoSchedule' };

function node(conditions: Record<string, string>, spec: Node['spec'] = {}): Node {
  return { spec, status: { conditions: Object.entries(conditions).map(([type, status]) => ({ type, status })) } };
}

describe('taints', () => {
  it.each([
    ['a ready node', node({ Ready: 'True' }), []],
    ['one not ready', node({ Ready: 'False' }), ['not-ready:NoSchedule', 'not-ready:NoExecute']],
    ['one silent', node({ Ready: 'Unknown' }), ['unreachable:NoSchedule', 'unreachable:NoExecute']],
    ['one short of memory', node({ Ready: 'True', MemoryPressure: 'True' }), ['memory-pressure:NoSchedule']],
    ['one cordoned', node({ Ready: 'True' }, { unschedulable: true }), ['unschedulable:NoSchedule']],
  ])('of %s', (_, of, taints) => {
    expect(taintsFor(of, NOW).map(({ key, effect }) => `${key.replace('node.kubernetes.io/', '')}:${effect}`)).toEqual(
      taints,
    );
  });

  it("keep others', and when they came", () => {
    const since = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: '2025-01-01T00:00:00Z' };
    const stale = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
    const taints = taintsFor(node({ Ready: 'Unknown' }, { taints: [own, since, stale] }), NOW);
    expect(taints).toEqual([own, since, { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' }]);
  });

  it('are the same array when nothing changes', () => {
    const taints = [own];
    expect(taintsFor(node({ Ready: 'True' }, { taints }), NOW)).toBe(taints);
  });
});

describe('a silent node', () => {
  it('has every condition of its kubelet unknown, in the words of Kubernetes', () => {
    const silent = silentConditions(node({ Ready: 'True', NetworkUnavailable: 'False' }), NOW);
    expect(silent.map(({ type, status, reason }) => [type, status, reason])).toEqual([
      ['Ready', 'Unknown', 'NodeStatusUnknown'],
      ['NetworkUnavailable', 'False', undefined],
      ['MemoryPressure', 'Unknown', 'NodeStatusNeverUpdated'],
      ['DiskPressure', 'Unknown', 'NodeStatusNeverUpdated'],
      ['PIDPressure', 'Unknown', 'NodeStatusNeverUpdated'],
    ]);
    const again = { status: { conditions: silent } };
    expect(silentConditions(again, NOW + 1)).toBe(silent);
  });
});

describe('eviction', () => {
  const taint = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: AT };
  const tolerating = (...tolerations: object[]): Pod => ({ spec: { containers: [], tolerations } }) as Pod;

  it.each([
    ['by default after five minutes', tolerating(), [taint], 300],
    ['never when tolerated', tolerating({ operator: 'Exists' }), [taint], undefined],
    ['when the toleration ends', tolerating({ operator: 'Exists', tolerationSeconds: 10 }), [taint], 10],
    [
      'at the shortest toleration',
      tolerating({ operator: 'Exists' }, { key: taint.key, operator: 'Exists', tolerationSeconds: 20 }),
      [taint],
      20,
    ],
    ['at once from a taint of another kind', tolerating(), [{ ...own, effect: 'NoExecute', timeAdded: AT }], 0],
    ['never from NoSchedule', tolerating(), [own], undefined],
  ])('%s', (_, pod, taints, seconds) => {
    const at = evictionTime(pod, taints, NOW + 1_000);
    expect(at).toBe(seconds === undefined ? undefined : NOW + seconds * 1000);
  });
});
