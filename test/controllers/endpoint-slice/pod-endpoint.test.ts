import { describe, expect, it } from 'vitest';
import { podEndpoint } from '../../../src/controllers/endpoint-slice/pod-endpoint.ts';
import type { Node, Pod, Service } from '../../../src/objects/wire.ts';

const NODE: Node = { metadata: { name: 'node-1', labels: { 'topology.kubernetes.io/zone': 'east' } } };

function pod(ready: boolean): Pod {
  return {
    metadata: { name: 'web', namespace: 'default', uid: 'u' },
    spec: { nodeName: 'node-1', containers: [] },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}

function hints(distribution: string | undefined, node: Node | undefined = NODE, ready = true) {
  const service: Service = { spec: distribution === undefined ? {} : { trafficDistribution: distribution } };
  return podEndpoint(service, pod(ready), '10.244.1.2', node).hints;
}

describe('hints', () => {
  const zone = { forZones: [{ name: 'east' }] };
  const node = { forNodes: [{ name: 'node-1' }] };

  it.each([
    [undefined, undefined],
    ['PreferClose', zone],
    ['PreferSameZone', zone],
    ['PreferSameNode', { ...node, ...zone }],
  ])('of trafficDistribution %s', (distribution, expected) => {
    expect(hints(distribution)).toEqual(expected);
  });

  it('name what is known only', () => {
    expect(hints('PreferSameZone', { metadata: { name: 'node-1' } })).toBeUndefined();
    expect(hints('PreferSameNode', { metadata: { name: 'node-1' } })).toEqual(node);
  });

  it('are for ready endpoints only', () => {
    expect(hints('PreferSameZone', NODE, false)).toBeUndefined();
  });
});
