/** Deployment: rolls ReplicaSets. */
import { DEPLOYMENTS } from '../../objects/resource.ts';
import type { Deployment } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { validateDeployment, validateDeploymentUpdate } from '../validation/workloads.ts';
import { AGE, ageOf, column, containerCells, formatSelector, NAME, nameOf, wide } from './columns.ts';
import { specAndStatus } from './generation.ts';
import { defaultTemplate } from './workload-defaults.ts';

export const deployment: ResourceDefinition<Deployment> = {
  type: DEPLOYMENTS,
  singular: 'deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  schema: 'io.k8s.api.apps.v1.Deployment',
  subresources: ['status', 'scale'],
  strategy: {
    ...specAndStatus<Deployment>({}),
    setDefaults({ spec }) {
      if (spec === undefined) return;
      spec.replicas ??= 1;
      spec.strategy ??= {};
      spec.strategy.type ??= 'RollingUpdate';
      if (spec.strategy.type === 'RollingUpdate') {
        spec.strategy.rollingUpdate ??= {};
        spec.strategy.rollingUpdate.maxUnavailable ??= '25%';
        spec.strategy.rollingUpdate.maxSurge ??= '25%';
      }
      spec.revisionHistoryLimit ??= 10;
      spec.progressDeadlineSeconds ??= 600;
      defaultTemplate(spec.template);
    },
    validate: validateDeployment,
    validateUpdate: validateDeploymentUpdate,
  },
  table: {
    columns: [
      NAME,
      column('Ready', 'Ready pods of those wanted.'),
      column('Up-to-date', 'Pods of the current template.', 'integer'),
      column('Available', 'Pods that have been ready long enough.', 'integer'),
      AGE,
      wide('Containers', 'Names of the containers.'),
      wide('Images', 'Images of the containers.'),
      wide('Selector', 'Which pods belong to it.'),
    ],
    cells: (object, now) => [
      nameOf(object),
      `${object.status?.readyReplicas ?? 0}/${object.spec?.replicas ?? 0}`,
      object.status?.updatedReplicas ?? 0,
      object.status?.availableReplicas ?? 0,
      ageOf(object, now),
      ...containerCells(object.spec?.template.spec?.containers),
      formatSelector(object.spec?.selector),
    ],
  },
};
