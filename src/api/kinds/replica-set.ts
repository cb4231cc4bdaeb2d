/** ReplicaSet: keeps a number of like pods. */
import { REPLICA_SETS } from '../../objects/resource.ts';
import type { ReplicaSet } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { validateReplicaSet, validateReplicaSetUpdate } from '../validation/workloads.ts';
import { formatSelector } from './columns.ts';
import { specAndStatus } from './generation.ts';
import { replicaTable } from './replica-columns.ts';
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
  table: replicaTable((object) => formatSelector(object.spec?.selector)),
};
