/** StatefulSet: pods with names that stay. */
import { STATEFUL_SETS } from '../../objects/resource.ts';
import type { StatefulSet } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { validateStatefulSet, validateStatefulSetUpdate } from '../validation/workloads.ts';
import { AGE, ageOf, column, containerCells, NAME, nameOf, wide } from './columns.ts';
import { specAndStatus } from './generation.ts';
import { defaultTemplate } from './workload-defaults.ts';

export const statefulSet: ResourceDefinition<StatefulSet> = {
  type: STATEFUL_SETS,
  singular: 'statefulset',
  shortNames: ['sts'],
  categories: ['all'],
  schema: 'io.k8s.api.apps.v1.StatefulSet',
  subresources: ['status', 'scale'],
  strategy: {
    ...specAndStatus<StatefulSet>({ replicas: 0, availableReplicas: 0 }),
    setDefaults({ spec }) {
      if (spec === undefined) return;
      spec.replicas ??= 1;
      spec.revisionHistoryLimit ??= 10;
      spec.podManagementPolicy ??= 'OrderedReady';
      spec.updateStrategy ??= {};
      spec.updateStrategy.type ??= 'RollingUpdate';
      if (spec.updateStrategy.type === 'RollingUpdate') {
        spec.updateStrategy.rollingUpdate ??= {};
        spec.updateStrategy.rollingUpdate.partition ??= 0;
      }
      spec.persistentVolumeClaimRetentionPolicy ??= {};
      spec.persistentVolumeClaimRetentionPolicy.whenDeleted ??= 'Retain';
      spec.persistentVolumeClaimRetentionPolicy.whenScaled ??= 'Retain';
      defaultTemplate(spec.template);
    },
    validate: validateStatefulSet,
    validateUpdate: validateStatefulSetUpdate,
  },
  table: {
    columns: [
      NAME,
      column('Ready', 'Ready pods of those wanted.'),
      AGE,
      wide('Containers', 'Names of the containers.'),
      wide('Images', 'Images of the containers.'),
    ],
    cells: (object, now) => [
      nameOf(object),
      `${object.status?.readyReplicas ?? 0}/${object.spec?.replicas ?? 0}`,
      ageOf(object, now),
      ...containerCells(object.spec?.template.spec?.containers),
    ],
  },
};
