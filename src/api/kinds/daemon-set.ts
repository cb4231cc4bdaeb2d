/** DaemonSet: one pod on every fitting node. */
import { DAEMON_SETS } from '../../objects/resource.ts';
import type { DaemonSet } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { validateDaemonSet, validateDaemonSetUpdate } from '../validation/workloads.ts';
import { AGE, ageOf, column, containerCells, formatLabels, formatSelector, NAME, nameOf, wide } from './columns.ts';
import { specAndStatus } from './generation.ts';
import { defaultTemplate } from './workload-defaults.ts';

export const daemonSet: ResourceDefinition<DaemonSet> = {
  type: DAEMON_SETS,
  singular: 'daemonset',
  shortNames: ['ds'],
  categories: ['all'],
  schema: 'io.k8s.api.apps.v1.DaemonSet',
  subresources: ['status'],
  strategy: {
    ...specAndStatus<DaemonSet>({
      currentNumberScheduled: 0,
      desiredNumberScheduled: 0,
      numberMisscheduled: 0,
      numberReady: 0,
    }),
    setDefaults({ spec }) {
      if (spec === undefined) return;
      spec.revisionHistoryLimit ??= 10;
      spec.updateStrategy ??= {};
      spec.updateStrategy.type ??= 'RollingUpdate';
      if (spec.updateStrategy.type === 'RollingUpdate') {
        spec.updateStrategy.rollingUpdate ??= {};
        spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
        spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
      }
      defaultTemplate(spec.template);
    },
    validate: validateDaemonSet,
    validateUpdate: validateDaemonSetUpdate,
  },
  table: {
    columns: [
      NAME,
      column('Desired', 'Nodes that should run it.', 'integer'),
      column('Current', 'Nodes that run it.', 'integer'),
      column('Ready', 'Nodes where it is ready.', 'integer'),
      column('Up-to-date', 'Nodes with the current template.', 'integer'),
      column('Available', 'Nodes where it has been ready long enough.', 'integer'),
      column('Node Selector', 'Which nodes should run it.'),
      AGE,
      wide('Containers', 'Names of the containers.'),
      wide('Images', 'Images of the containers.'),
      wide('Selector', 'Which pods belong to it.'),
    ],
    cells: (object, now) => [
      nameOf(object),
      object.status?.desiredNumberScheduled ?? 0,
      object.status?.currentNumberScheduled ?? 0,
      object.status?.numberReady ?? 0,
      object.status?.updatedNumberScheduled ?? 0,
      object.status?.numberAvailable ?? 0,
      formatLabels(object.spec?.template.spec?.nodeSelector),
      ageOf(object, now),
      ...containerCells(object.spec?.template.spec?.containers),
      formatSelector(object.spec?.selector),
    ],
  },
};
