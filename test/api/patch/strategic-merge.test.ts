import { describe, expect, it } from 'vitest';
import { type JsonObject, PatchError } from '../../../src/api/patch/json-value.ts';
import { strategicMerge } from '../../../src/api/patch/strategic-merge.ts';
import { definitionOf } from '../../../src/api/schema/definitions.ts';

const SERVICE = 'io.k8s.api.core.v1.Service';
const POD = 'io.k8s.api.core.v1.Pod';
const DEPLOYMENT = 'io.k8s.api.apps.v1.Deployment';

type Case = readonly [name: string, schema: string, target: JsonObject, patch: JsonObject, result: JsonObject];

const cases: readonly Case[] = [
  ['adds a field', SERVICE, { spec: {} }, { spec: { type: 'NodePort' } }, { spec: { type: 'NodePort' } }],
  ['replaces a field', SERVICE, { spec: { type: 'A', x: 1 } }, { spec: { type: 'B' } }, { spec: { type: 'B', x: 1 } }],
  [
    'null removes',
    SERVICE,
    { metadata: { labels: { a: '1', b: '2' } } },
    { metadata: { labels: { a: null } } },
    { metadata: { labels: { b: '2' } } },
  ],
  ['null for what is not there does nothing', SERVICE, { spec: {} }, { spec: { selector: null } }, { spec: {} }],
  [
    'nulls in a new object are left out',
    SERVICE,
    {},
    { metadata: { labels: { a: null, b: '2' } } },
    { metadata: { labels: { b: '2' } } },
  ],
  [
    'a map merges by key',
    SERVICE,
    { spec: { selector: { app: 'a' } } },
    { spec: { selector: { tier: 'b' } } },
    { spec: { selector: { app: 'a', tier: 'b' } } },
  ],
  [
    'a value of another type replaces',
    SERVICE,
    { spec: { ports: [] } },
    { spec: { ports: 'x' } },
    { spec: { ports: 'x' } },
  ],
  ['an empty patch changes nothing', SERVICE, { spec: { type: 'A' } }, {}, { spec: { type: 'A' } }],
  // Service ports: merge key port.
  [
    'ports: a known port is changed, the others stay',
    SERVICE,
    { spec: { ports: [{ port: 80, nodePort: 30080 }, { port: 443 }] } },
    { spec: { ports: [{ port: 80, targetPort: 8080 }] } },
    { spec: { ports: [{ port: 80, nodePort: 30080, targetPort: 8080 }, { port: 443 }] } },
  ],
  [
    'ports: a new port comes first when the patch names it alone',
    SERVICE,
    { spec: { ports: [{ port: 80 }] } },
    { spec: { ports: [{ port: 81 }] } },
    { spec: { ports: [{ port: 81 }, { port: 80 }] } },
  ],
  [
    'ports: $patch delete',
    SERVICE,
    { spec: { ports: [{ port: 80 }, { port: 81 }] } },
    { spec: { ports: [{ $patch: 'delete', port: 80 }] } },
    { spec: { ports: [{ port: 81 }] } },
  ],
  [
    'ports: $patch delete of what is not there',
    SERVICE,
    { spec: { ports: [{ port: 80 }] } },
    { spec: { ports: [{ $patch: 'delete', port: 99 }] } },
    { spec: { ports: [{ port: 80 }] } },
  ],
  [
    'ports: $patch replace empties the list first',
    SERVICE,
    { spec: { ports: [{ port: 80 }, { port: 81 }] } },
    { spec: { ports: [{ $patch: 'replace' }, { port: 90 }] } },
    { spec: { ports: [{ port: 90 }] } },
  ],
  [
    'addresses: $patch replace takes the elements as they are, also two of one key',
    'io.k8s.api.core.v1.Node',
    { status: { addresses: [{ type: 'InternalIP', address: 'a' }] } },
    {
      status: {
        addresses: [{ type: 'InternalIP', address: 'b' }, { type: 'InternalIP', address: 'c' }, { $patch: 'replace' }],
      },
    },
    {
      status: {
        addresses: [
          { type: 'InternalIP', address: 'b' },
          { type: 'InternalIP', address: 'c' },
        ],
      },
    },
  ],
  [
    'ports: the protocol tells 53/TCP from 53/UDP',
    SERVICE,
    {
      spec: {
        ports: [
          { port: 53, protocol: 'TCP' },
          { port: 53, protocol: 'UDP' },
        ],
      },
    },
    { spec: { ports: [{ port: 53, protocol: 'UDP', targetPort: 5353 }] } },
    {
      spec: {
        ports: [
          { port: 53, protocol: 'TCP' },
          { port: 53, protocol: 'UDP', targetPort: 5353 },
        ],
      },
    },
  ],
  [
    'ports: without a protocol the first of that number',
    SERVICE,
    {
      spec: {
        ports: [
          { port: 53, protocol: 'TCP' },
          { port: 53, protocol: 'UDP' },
        ],
      },
    },
    { spec: { ports: [{ port: 53, name: 'dns' }] } },
    {
      spec: {
        ports: [
          { port: 53, protocol: 'TCP', name: 'dns' },
          { port: 53, protocol: 'UDP' },
        ],
      },
    },
  ],
  [
    'ports: null in an element',
    SERVICE,
    { spec: { ports: [{ port: 80, nodePort: 30080 }] } },
    { spec: { ports: [{ port: 80, nodePort: null }] } },
    { spec: { ports: [{ port: 80 }] } },
  ],
  [
    'ports: what kubectl apply sends to change a port',
    SERVICE,
    { spec: { ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }] } },
    {
      spec: {
        '$setElementOrder/ports': [{ port: 8080 }],
        ports: [
          { port: 8080, protocol: 'TCP', targetPort: 80 },
          { $patch: 'delete', port: 80 },
        ],
      },
    },
    { spec: { ports: [{ port: 8080, protocol: 'TCP', targetPort: 80 }] } },
  ],
  // Containers and env: merge key name.
  [
    'containers merge by name',
    POD,
    {
      spec: {
        containers: [
          { name: 'a', image: 'x:1' },
          { name: 'b', image: 'y:1' },
        ],
      },
    },
    { spec: { containers: [{ name: 'b', image: 'y:2' }] } },
    {
      spec: {
        containers: [
          { name: 'a', image: 'x:1' },
          { name: 'b', image: 'y:2' },
        ],
      },
    },
  ],
  [
    'containers of a template merge by name',
    DEPLOYMENT,
    { spec: { template: { spec: { containers: [{ name: 'a', image: 'x:1', stdin: true }] } } } },
    { spec: { template: { spec: { containers: [{ name: 'a', image: 'x:2' }] } } } },
    { spec: { template: { spec: { containers: [{ name: 'a', image: 'x:2', stdin: true }] } } } },
  ],
  [
    'env merges by name',
    POD,
    {
      spec: {
        containers: [
          {
            name: 'a',
            env: [
              { name: 'X', value: '1' },
              { name: 'Y', value: '2' },
            ],
          },
        ],
      },
    },
    { spec: { containers: [{ name: 'a', env: [{ name: 'Y', value: '3' }] }] } },
    {
      spec: {
        containers: [
          {
            name: 'a',
            env: [
              { name: 'X', value: '1' },
              { name: 'Y', value: '3' },
            ],
          },
        ],
      },
    },
  ],
  [
    'env: kubectl set env adds in order',
    POD,
    { spec: { containers: [{ name: 'a', env: [{ name: 'X', value: '1' }] }] } },
    {
      spec: {
        '$setElementOrder/containers': [{ name: 'a' }],
        containers: [
          { name: 'a', '$setElementOrder/env': [{ name: 'X' }, { name: 'Y' }], env: [{ name: 'Y', value: '2' }] },
        ],
      },
    },
    {
      spec: {
        containers: [
          {
            name: 'a',
            env: [
              { name: 'X', value: '1' },
              { name: 'Y', value: '2' },
            ],
          },
        ],
      },
    },
  ],
  [
    'env: deleted by directive',
    POD,
    { spec: { containers: [{ name: 'a', env: [{ name: 'X' }, { name: 'Y' }] }] } },
    { spec: { containers: [{ name: 'a', env: [{ name: 'X', $patch: 'delete' }] }] } },
    { spec: { containers: [{ name: 'a', env: [{ name: 'Y' }] }] } },
  ],
  [
    'container ports merge by containerPort',
    POD,
    { spec: { containers: [{ name: 'a', ports: [{ containerPort: 80 }] }] } },
    { spec: { containers: [{ name: 'a', ports: [{ containerPort: 80, name: 'http' }] }] } },
    { spec: { containers: [{ name: 'a', ports: [{ containerPort: 80, name: 'http' }] }] } },
  ],
  [
    'volumes merge by name, their old source goes with retainKeys',
    POD,
    { spec: { volumes: [{ name: 'v', emptyDir: {} }] } },
    { spec: { volumes: [{ name: 'v', $retainKeys: ['name', 'configMap'], configMap: { name: 'c' } }] } },
    { spec: { volumes: [{ name: 'v', configMap: { name: 'c' } }] } },
  ],
  [
    'command is atomic',
    POD,
    { spec: { containers: [{ name: 'a', command: ['sh', '-c', 'x'] }] } },
    { spec: { containers: [{ name: 'a', command: ['sleep'] }] } },
    { spec: { containers: [{ name: 'a', command: ['sleep'] }] } },
  ],
  [
    'tolerations are atomic',
    POD,
    { spec: { tolerations: [{ key: 'a' }] } },
    { spec: { tolerations: [{ key: 'b' }] } },
    { spec: { tolerations: [{ key: 'b' }] } },
  ],
  [
    'imagePullSecrets merge by name',
    POD,
    { spec: { imagePullSecrets: [{ name: 'a' }] } },
    { spec: { imagePullSecrets: [{ name: 'b' }] } },
    { spec: { imagePullSecrets: [{ name: 'b' }, { name: 'a' }] } },
  ],
  [
    'conditions merge by type',
    POD,
    {
      status: {
        conditions: [
          { type: 'Ready', status: 'False' },
          { type: 'Initialized', status: 'True' },
        ],
      },
    },
    { status: { conditions: [{ type: 'Ready', status: 'True' }] } },
    {
      status: {
        conditions: [
          { type: 'Ready', status: 'True' },
          { type: 'Initialized', status: 'True' },
        ],
      },
    },
  ],
  [
    'podIPs merge by ip',
    POD,
    { status: { podIPs: [{ ip: '10.0.0.1' }] } },
    { status: { podIPs: [{ ip: '10.0.0.1' }] } },
    { status: { podIPs: [{ ip: '10.0.0.1' }] } },
  ],
  // Strategy.
  [
    'strategy: retainKeys drops rollingUpdate',
    DEPLOYMENT,
    { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } },
    { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } },
    { spec: { strategy: { type: 'Recreate' } } },
  ],
  [
    'strategy: $patch replace',
    DEPLOYMENT,
    { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } },
    { spec: { strategy: { $patch: 'replace', type: 'Recreate' } } },
    { spec: { strategy: { type: 'Recreate' } } },
  ],
  [
    '$patch delete empties an object',
    SERVICE,
    { spec: { selector: { a: 'b' } } },
    { spec: { selector: { $patch: 'delete' } } },
    { spec: { selector: {} } },
  ],
  [
    '$patch delete within what is not there yet',
    SERVICE,
    { spec: {} },
    { spec: { ports: [{ $patch: 'delete', port: 80 }, { port: 81 }] } },
    { spec: { ports: [{ port: 81 }] } },
  ],
  // Lists of scalars.
  [
    'finalizers merge without duplicates',
    SERVICE,
    { metadata: { finalizers: ['a', 'b'] } },
    { metadata: { finalizers: ['b', 'c'] } },
    { metadata: { finalizers: ['a', 'b', 'c'] } },
  ],
  [
    'finalizers: deleted from',
    SERVICE,
    { metadata: { finalizers: ['a', 'b'] } },
    { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } },
    { metadata: { finalizers: ['b'] } },
  ],
  [
    'finalizers: deleted and ordered',
    SERVICE,
    { metadata: { finalizers: ['a', 'b', 'c'] } },
    { metadata: { '$deleteFromPrimitiveList/finalizers': ['b'], '$setElementOrder/finalizers': ['c', 'a'] } },
    { metadata: { finalizers: ['c', 'a'] } },
  ],
  [
    'clusterIPs are atomic',
    SERVICE,
    { spec: { clusterIPs: ['10.0.0.1'] } },
    { spec: { clusterIPs: ['10.0.0.2'] } },
    { spec: { clusterIPs: ['10.0.0.2'] } },
  ],
  // Order.
  [
    'order: the directive alone reorders',
    POD,
    { spec: { containers: [{ name: 'a' }, { name: 'b' }] } },
    { spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] } },
    { spec: { containers: [{ name: 'b' }, { name: 'a' }] } },
  ],
  [
    'order: what only the server has keeps its place',
    POD,
    { spec: { containers: [{ name: 'a' }, { name: 'injected' }, { name: 'b' }] } },
    {
      spec: { '$setElementOrder/containers': [{ name: 'a' }, { name: 'b' }], containers: [{ name: 'b', image: 'x' }] },
    },
    { spec: { containers: [{ name: 'a' }, { name: 'injected' }, { name: 'b', image: 'x' }] } },
  ],
  [
    'order: a new element takes its place in the wanted order',
    POD,
    { spec: { containers: [{ name: 'a' }, { name: 'c' }] } },
    {
      spec: {
        '$setElementOrder/containers': [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
        containers: [{ name: 'b' }],
      },
    },
    { spec: { containers: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] } },
  ],
  [
    'order: of a list that is not there',
    POD,
    { spec: {} },
    { spec: { '$setElementOrder/containers': [{ name: 'a' }] } },
    { spec: {} },
  ],
  [
    'a list of an unknown field replaces',
    POD,
    { spec: { what: [1] } },
    { spec: { what: [2] } },
    { spec: { what: [2] } },
  ],
  [
    'ownerReferences merge by uid',
    POD,
    { metadata: { ownerReferences: [{ uid: '1', name: 'a' }] } },
    { metadata: { ownerReferences: [{ uid: '1', controller: true }] } },
    { metadata: { ownerReferences: [{ uid: '1', name: 'a', controller: true }] } },
  ],
];

describe('strategic merge', () => {
  it.each(cases)('%s', (_name, schema, target, patch, result) => {
    const before = structuredClone(target);
    expect(strategicMerge(target, patch, definitionOf(schema))).toEqual(result);
    expect(target).toEqual(before);
  });

  it.each([
    ['an unknown directive', { spec: { $patch: 'merge it' } }, 'unknown patch type: "merge it"'],
    [
      'an element without its merge key',
      { spec: { ports: [{ name: 'x' }] } },
      'does not contain declared merge key: port',
    ],
    ['retainKeys that miss a field', { spec: { $retainKeys: ['a'], type: 'x' } }, 'invalid patch format of retainKeys'],
    [
      'an order that is no list',
      { spec: { '$setElementOrder/ports': 1 } },
      'invalid patch format of setElementOrder list',
    ],
    ['a scalar in a list of objects', { spec: { ports: [1, { port: 1 }] } }, 'invalid element of a list of objects: 1'],
  ] as const)('refuses %s', (_name, patch, message) => {
    const apply = () =>
      strategicMerge({ spec: { ports: [{ port: 80 }] } }, patch as unknown as JsonObject, definitionOf(SERVICE));
    expect(apply).toThrow(PatchError);
    expect(apply).toThrow(message);
  });
});

it('looks at each element of long lists a few times, not once for each other element', () => {
  const count = 1_000;
  let looks = 0;
  const list = (prefix: string, more: object = {}) =>
    Array.from({ length: count }, (_, index) => {
      const element = { ...more };
      return Object.defineProperty(element, 'name', {
        enumerable: true,
        get: () => {
          looks += 1;
          return `${prefix}${index}`;
        },
      }) as { name: string };
    });
  const schema = definitionOf('io.k8s.api.core.v1.Container');
  const merge = (env: object[], patch: object[]) =>
    strategicMerge({ env } as unknown as JsonObject, { env: patch } as unknown as JsonObject, schema).env as object[];
  expect(merge(list('a'), list('b'))).toHaveLength(2 * count);
  expect(merge(list('a'), list('a', { value: 'x' }))).toHaveLength(count);
  expect(merge(list('a'), list('a', { $patch: 'delete' }))).toHaveLength(0);
  expect(looks).toBeLessThan(200 * count);
});
