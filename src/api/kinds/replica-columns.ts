/** The columns ReplicaSets and ReplicationControllers share: they differ in the form of their selector alone. */
import type { ReplicaSet, ReplicationController } from '../../objects/wire.ts';
import type { TableDefinition } from '../resource-definition.ts';
import { AGE, ageOf, column, containerCells, NAME, nameOf, wide } from './columns.ts';

export function replicaTable<T extends ReplicaSet | ReplicationController>(
  selectorOf: (object: T) => string,
): TableDefinition<T> {
  return {
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
      selectorOf(object),
    ],
  };
}
