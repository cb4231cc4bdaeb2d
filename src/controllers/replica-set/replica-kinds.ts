/** ReplicaSet and ReplicationController, as the one replica controller sees them. */
import { matchesPairs, matchesSelector } from '../../objects/label-selector.ts';
import { REPLICA_SETS, REPLICATION_CONTROLLERS, type ResourceType } from '../../objects/resource.ts';
import type { ReplicaSet, ReplicationController } from '../../objects/wire.ts';
import type { ReplicaKind, ReplicaObject } from './replica-controller.ts';

export const REPLICA_SET_KIND: ReplicaKind<ReplicaSet & ReplicaObject> = {
  type: REPLICA_SETS as ResourceType<ReplicaSet & ReplicaObject>,
  name: 'replicaset-controller',
  selects: (set, labels) => matchesSelector(set.spec?.selector, labels),
};

export const REPLICATION_CONTROLLER_KIND: ReplicaKind<ReplicationController & ReplicaObject> = {
  type: REPLICATION_CONTROLLERS as ResourceType<ReplicationController & ReplicaObject>,
  name: 'replication-controller',
  selects: (set, labels) => {
    const selector = set.spec?.selector;
    return selector !== undefined && Object.keys(selector).length > 0 && matchesPairs(selector, labels);
  },
};
