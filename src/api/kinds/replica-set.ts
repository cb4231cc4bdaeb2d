/** ReplicaSet: keeps a number of like pods. */
import { REPLICA_SETS } from '../../objects/resource.ts';
import type { ReplicaSet } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { validateReplicaSet, validateReplicaSetUpdate } from '../validation/workloads.ts';
import { AGE, ageOf, column, containerCells, formatSelector, NAME, nameOf, wide } from './columns.ts';
import { specAndStatus } from './generation.ts';
import { defaultTemplate } from './workload-defaults.ts';

export const replicaSet: ResourceDefinition<ReplicaSet> = {
  type: REPLICA_SETS,
  singular: 'replicaset',
  shortNames: ['rs'],
  categories: ['all'],
  schema: 'io.k8s.api.apps.v1.ReplicaSet',
  subresources: ['status', 'scale'],
  strategy: {
    ...specAndStatus<ReplicaSet>({ replicas: 0 }),
    setDefaults({ spec }) {
      if (spec === undefined) return;
      spec.replicas ??= 1;
      defaultTemplate(spec.template);
    },
    validate: validateReplicaSet,
    validateUpdate: validateReplicaSetUpdate,
    selectableFields: { 'status.replicas': (object) => String(object.status?.replicas ?? 0) },
  },
  table: {
    columns: [
      NAME,
      column('Desired', 'Wanted pods.', 'integer'),
      column('Current', 'Existing pods.', 'integer'),
      column('Ready', 'Ready pods.', 'integer'),
      AGE,
      wide('Containers', 'Names of the containers.'),
      wide('Images', 'Images of the containers.'),
      wide('Selector', 'Which pods belong to it.'),
    ],
    cells: (object, now) => [
      nameOf(object),
      object.spec?.replicas ?? 0,
      object.status?.replicas ?? 0,
      object.status?.readyReplicas ?? 0,
      ageOf(object, now),
      ...containerCells(object.spec?.template?.spec?.containers),
      formatSelector(object.spec?.selector),
    ],
  },
};
