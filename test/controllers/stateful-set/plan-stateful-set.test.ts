import { expect, it } from 'vitest';
import { planStatefulSet } from '../../../src/controllers/stateful-set/plan-stateful-set.ts';
import type { StatefulSet } from '../../../src/objects/wire.ts';

const setOf = (replicas: number, podManagementPolicy: string): StatefulSet => ({
  metadata: { name: 'web', namespace: 'default', uid: 'u' },
  spec: {
    replicas,
    podManagementPolicy,
    serviceName: 'web',
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx' }] } },
  },
});
const namesOf = (replicas: number, policy: string): (string | undefined)[] =>
  planStatefulSet(setOf(replicas, policy), [], 0).create.map(({ metadata }) => metadata?.name);

it('a set of more pods than could ever be counted out is begun like any other', () => {
  expect(namesOf(2_147_483_647, 'OrderedReady')).toEqual(['web-0']);
  const many = namesOf(2_147_483_647, 'Parallel');
  expect(many.slice(0, 2)).toEqual(['web-0', 'web-1']);
  expect(many).toHaveLength(500);
  expect(namesOf(3, 'Parallel')).toEqual(['web-0', 'web-1', 'web-2']);
});
