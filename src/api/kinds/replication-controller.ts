/** ReplicationController: the older ReplicaSet, its selector plain labels. */
import { REPLICATION_CONTROLLERS } from '../../objects/resource.ts';
import type { ReplicationController } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { validateReplicationController } from '../validation/workloads.ts';
import { AGE, ageOf, column, containerCells, formatLabels, NAME, nameOf, wide } from './columns.ts';
import { specAndStatus } from './generation.ts';
import { defaultTemplate } from './workload-defaults.ts';

export const replicationController: ResourceDefinition<ReplicationController> = {
  type: REPLICATION_CONTROLLERS,
  singular: 'replicationcontroller',
  shortNames: ['rc'],
  categories: ['all'],
  schema: 'io.k8s.api.core.v1.ReplicationController',
  subresources: ['status', 'scale'],
  strategy: {
    ...specAndStatus<ReplicationController>({ replicas: 0 }),
    setDefaults(object) {
      const { spec } = object;
      if (spec === undefined) return;
      spec.replicas ??= 1;
      const labels = spec.template?.metadata?.labels;
      if (labels !== undefined) {
        spec.selector ??= { ...labels };
        if (object.metadata !== undefined) object.metadata.labels ??= { ...labels };
      }
      defaultTemplate(spec.template);
    },
    validate: validateReplicationController,
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
      formatLabels(object.spec?.selector),
    ],
  },
};
