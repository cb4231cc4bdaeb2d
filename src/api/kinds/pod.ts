/** Pod: what is selectable, deletable and shown of it. Its defaults and its status rules have files of their own. */
import { PODS } from '../../objects/resource.ts';
import type { Pod } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { AGE, ageOf, column, NAME, nameOf, wide } from './columns.ts';
import { summarizePod } from './pod-cells.ts';
import { podStrategy } from './pod-strategy.ts';

const NONE = '<none>';

export const pod: ResourceDefinition<Pod> = {
  type: PODS,
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  schema: 'io.k8s.api.core.v1.Pod',
  subresources: [
    'status',
    'binding',
    'eviction',
    'log',
    'exec',
    'attach',
    'ephemeralcontainers',
    'portforward',
    'proxy',
  ],
  strategy: podStrategy,
  table: {
    columns: [
      NAME,
      column('Ready', 'Ready containers of all.'),
      column('Status', 'What the pod is doing.'),
      column('Restarts', 'Restarts of its containers, and when the last was.'),
      AGE,
      wide('IP', 'Address of the pod.'),
      wide('Node', 'Node it runs on.'),
      wide('Nominated Node', 'Node it is to run on.'),
      wide('Readiness Gates', 'Passed readiness gates of all.'),
    ],
    cells(object, now) {
      const { ready, status, restarts } = summarizePod(object, now);
      return [
        nameOf(object),
        ready,
        status,
        restarts,
        ageOf(object, now),
        object.status?.podIP || NONE,
        object.spec?.nodeName || NONE,
        object.status?.nominatedNodeName || NONE,
        readinessGates(object),
      ];
    },
  },
};

function readinessGates(object: Pod): string {
  const gates = object.spec?.readinessGates ?? [];
  if (gates.length === 0) return NONE;
  const passed = gates.filter(({ conditionType }) =>
    object.status?.conditions?.some(({ type, status }) => type === conditionType && status === 'True'),
  );
  return `${passed.length}/${gates.length}`;
}
