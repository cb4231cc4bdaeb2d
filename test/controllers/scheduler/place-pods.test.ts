import { describe, expect, it } from 'vitest';
import { nodeLoads, placePods, schedulingOrder } from '../../../src/controllers/scheduler/place-pods.ts';
import { type Taint, tolerates } from '../../../src/controllers/scheduler/tolerations.ts';
import type { Node, Pod } from '../../../src/objects/wire.ts';

function node(name: string, spec: object = {}, allocatable: Record<string, string> = {}, ready = 'True'): Node {
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name } },
    spec,
    status: { allocatable, conditions: [{ type: 'Ready', status: ready }] },
  };
}

function pod(name: string, spec: object = {}, owner?: string): Pod {
  const reference = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'o', uid: owner ?? '', controller: true };
  return {
    metadata: { name, namespace: 'default', ...(owner === undefined ? {} : { ownerReferences: [reference] }) },
    spec: { containers: [{ name: 'c', image: 'x' }], ...spec },
  };
}

const place = (pods: Pod[], nodes: Node[], placed: Pod[] = []): (string | undefined)[] =>
  placePods(pods, nodeLoads(nodes, placed)).map(({ node: on, message }) => on ?? message);
const noFit = (nodes: number, reasons: string): string =>
  `0/${nodes} nodes are available: ${reasons}. no new claims to deallocate, preemption: 0/${nodes} nodes are available: ${nodes} Preemption is not helpful for scheduling.`;
const requests = (cpu: string): object => ({
  containers: [{ name: 'c', image: 'x', resources: { requests: { cpu } } }],
});

describe('placing pods', () => {
  it('spreads, first by owner, then by number, then by name', () => {
    const nodes = [node('b'), node('a')];
    expect(place([pod('1'), pod('2'), pod('3')], nodes)).toEqual(['a', 'b', 'a']);
    const busy = [pod('x', { nodeName: 'a' }), pod('y', { nodeName: 'a' }), pod('z', { nodeName: 'b' }, 'set')];
    expect(place([pod('1', {}, 'set'), pod('2')], nodes, busy)).toEqual(['a', 'b']);
  });

  const taint = { key: 'k', value: 'v', effect: 'NoSchedule' };
  it.each<[string, Pod, Node[], string]>([
    ['no nodes', pod('p'), [], 'no nodes available to schedule pods'],
    ['a taint', pod('p'), [node('a', { taints: [taint] })], noFit(1, '1 node(s) had untolerated taint(s)')],
    ['a node not ready', pod('p'), [node('a', {}, {}, 'Unknown')], noFit(1, '1 node(s) had untolerated taint(s)')],
    ['a cordoned node', pod('p'), [node('a', { unschedulable: true })], noFit(1, '1 node(s) were unschedulable')],
    [
      'a selector',
      pod('p', { nodeSelector: { disk: 'ssd' } }),
      [node('a'), node('b')],
      noFit(2, "2 node(s) didn't match Pod's node affinity/selector"),
    ],
    ['too many pods', pod('p'), [node('a', {}, { pods: '0' })], noFit(1, '1 Too many pods')],
    ['too little cpu', pod('p', requests('2')), [node('a', {}, { cpu: '1500m' })], noFit(1, '1 Insufficient cpu')],
    [
      'different reasons',
      pod('p', requests('2')),
      [node('a', { taints: [taint] }), node('b', {}, { cpu: '1' }), node('c', {}, { cpu: '1' })],
      noFit(3, '1 node(s) had untolerated taint(s), 2 Insufficient cpu'),
    ],
  ])('refuses for %s', (_, waiting, nodes, message) => {
    expect(place([waiting], nodes)).toEqual([message]);
  });

  it('counts what the pods before it in the same pass take', () => {
    const full = place([pod('1', requests('600m')), pod('2', requests('600m'))], [node('a', {}, { cpu: '1' })]);
    expect(full).toEqual(['a', noFit(1, '1 Insufficient cpu')]);
    const tenths = Array.from({ length: 10 }, (_, i) => pod(String(i), requests('100m')));
    expect(place(tenths, [node('a', {}, { cpu: '1' })])).toEqual(Array(10).fill('a'));
  });

  it('gives a host port to one pod of a node', () => {
    const ports = { containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 80, hostPort: 80 }] }] };
    expect(place([pod('1', ports), pod('2', ports), pod('3', ports)], [node('a'), node('b')])).toEqual([
      'a',
      'b',
      noFit(2, "2 node(s) didn't have free ports for the requested pod ports"),
    ]);
  });

  it('avoids nodes with PreferNoSchedule, but uses them', () => {
    const avoided = node('a', { taints: [{ key: 'k', effect: 'PreferNoSchedule' }] });
    expect(place([pod('1'), pod('2')], [avoided, node('b', {}, { pods: '1' })])).toEqual(['b', 'a']);
  });

  it('heeds required node affinity, by label and by name', () => {
    const affinity = (term: object): object => ({
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } } },
    });
    const byLabel = { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['b'] }] };
    const byName = { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['b'] }] };
    const nodes = [node('a'), node('b')];
    expect(place([pod('1', affinity(byLabel)), pod('2', affinity(byName))], nodes)).toEqual(['b', 'b']);
    expect(place([pod('1', affinity({}))], nodes)[0]).toContain("2 node(s) didn't match");
  });

  it('lets finished pods count for nothing', () => {
    const done = { ...pod('x', { nodeName: 'a' }), status: { phase: 'Succeeded' } };
    expect(place([pod('1')], [node('a', {}, { pods: '1' })], [done])).toEqual(['a']);
  });

  it('serves higher priority first, then age, then name', () => {
    const at = (name: string, creationTimestamp: string, priority = 0): Pod => ({
      metadata: { name, namespace: 'default', creationTimestamp },
      spec: { containers: [], priority },
    });
    const pods = [at('c', '2026-01-02'), at('b', '2026-01-01'), at('a', '2026-01-02'), at('d', '2026-01-03', 5)];
    expect(pods.sort(schedulingOrder).map(({ metadata }) => metadata?.name)).toEqual(['d', 'b', 'a', 'c']);
  });
});

describe('tolerations', () => {
  const taint: Taint = { key: 'k', value: 'v', effect: 'NoSchedule' };
  it.each([
    [{ operator: 'Exists' }, true],
    [{ key: 'k', operator: 'Exists' }, true],
    [{ key: 'k', operator: 'Exists', effect: 'NoExecute' }, false],
    [{ key: 'k', value: 'v' }, true],
    [{ key: 'k', operator: 'Equal', value: 'v', effect: 'NoSchedule' }, true],
    [{ key: 'k', value: 'w' }, false],
    [{ key: 'j', operator: 'Exists' }, false],
    [{ operator: 'Equal', value: 'v' }, false],
  ])('%j: %s', (toleration, covers) => {
    expect(tolerates(toleration, taint)).toBe(covers);
  });
});
