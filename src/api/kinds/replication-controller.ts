/** ReplicationController: the older ReplicaSet, its selector plain labels. */
import { REPLICATION_CONTROLLERS } from '../../objects/resource.ts';
import type { ReplicationController } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { validateReplicationController } from '../validation/workloads.ts';
import { formatLabels } from './columns.ts';
import { specAndStatus } from './generation.ts';
import { replicaTable } from './replica-columns.ts';
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
  table: replicaTable((object) => formatLabels(object.spec?.selector)),
};
