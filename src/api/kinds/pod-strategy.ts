/** The life of a Pod object in the store: born Pending, written in halves, deleted with grace. */
import type { Pod } from '../../objects/wire.ts';
import type { ResourceStrategy } from '../resource-definition.ts';
import { validatePod } from '../validation/pod.ts';
import { validatePodUpdate } from '../validation/pod-update.ts';
import { bumpGeneration, keepMetadata } from './generation.ts';
import { defaultPodSpec } from './pod-defaults.ts';
import {
  prepareEphemeralContainers,
  refuseEphemeralContainers,
  validateEphemeralUpdate,
} from './pod-ephemeral-containers.ts';
import { qosClass } from './pod-qos.ts';
import { admitServiceAccount } from './service-account-admission.ts';

export const podStrategy: ResourceStrategy<Pod> = {
  setDefaults(object) {
    if (object.spec === undefined) return;
    defaultPodSpec(object.spec);
    object.spec.enableServiceLinks ??= true;
    // Admission's work in Kubernetes (Priority, DefaultTolerationSeconds; ServiceAccount in prepareForCreate).
    object.spec.serviceAccountName ??= 'default';
    object.spec.serviceAccount = object.spec.serviceAccountName;
    object.spec.priority ??= 0;
    object.spec.preemptionPolicy ??= 'PreemptLowerPriority';
    defaultTolerations(object.spec);
    defaultRequests(object.spec);
  },
  prepareForCreate(object, context) {
    admitServiceAccount(object, context);
    if (object.metadata !== undefined) object.metadata.generation = 1;
    object.status = { phase: 'Pending', qosClass: qosClass(object) };
  },
  prepareForUpdate(object, previous) {
    if (previous.status === undefined) delete object.status;
    else object.status = { ...previous.status };
    bumpGeneration(object, previous);
  },
  prepareForStatusUpdate(object, previous) {
    if (previous.spec !== undefined) object.spec = { ...previous.spec };
    keepMetadata(object, previous);
    const quality = object.status?.qosClass ?? previous.status?.qosClass;
    if (quality !== undefined) object.status = { ...object.status, qosClass: quality };
  },
  prepareForEphemeralContainers: prepareEphemeralContainers,
  validate: validatePod,
  validateCreate: refuseEphemeralContainers,
  validateEphemeralContainers: validateEphemeralUpdate,
  validateUpdate: validatePodUpdate,
  selectableFields: {
    'spec.nodeName': (object) => object.spec?.nodeName ?? '',
    'spec.restartPolicy': (object) => object.spec?.restartPolicy ?? '',
    'spec.schedulerName': (object) => object.spec?.schedulerName ?? '',
    'spec.serviceAccountName': (object) => object.spec?.serviceAccountName ?? '',
    'spec.hostNetwork': (object) => String(object.spec?.hostNetwork ?? false),
    'status.phase': (object) => object.status?.phase ?? '',
    'status.podIP': (object) => object.status?.podIP ?? '',
    'status.nominatedNodeName': (object) => object.status?.nominatedNodeName ?? '',
  },
  /** A pod that is bound to no node, or has ended, has nobody to wait for. */
  defaultGracePeriodSeconds(object) {
    const ended = object.status?.phase === 'Succeeded' || object.status?.phase === 'Failed';
    if (ended || !object.spec?.nodeName) return 0;
    return object.spec.terminationGracePeriodSeconds ?? 30;
  },
};

/** Five minutes on a node that is not ready or not reachable, unless the pod says otherwise. */
function defaultTolerations(spec: NonNullable<Pod['spec']>): void {
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const tolerated = spec.tolerations?.some(
      (toleration) =>
        (toleration.key === key || toleration.key === undefined) &&
        (toleration.effect === 'NoExecute' || toleration.effect === undefined),
    );
    if (tolerated) continue;
    spec.tolerations = [
      ...(spec.tolerations ?? []),
      { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
    ];
  }
}

/** A limit without a request is also the request. */
function defaultRequests(spec: NonNullable<Pod['spec']>): void {
  for (const { resources } of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    if (resources?.limits === undefined) continue;
    resources.requests = { ...resources.limits, ...resources.requests };
  }
}
