/** Rules of the kinds with a pod template: what they select must be what they make. */

import { isDeepStrictEqual } from 'node:util';
import { matchesSelector } from '../../objects/label-selector.ts';
import type {
  DaemonSet,
  Deployment,
  LabelSelector,
  PodTemplateSpec,
  ReplicaSet,
  ReplicationController,
  StatefulSet,
} from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
import { atLeastZero, oneOf } from './checks.ts';
import { forbidden, invalid, notSupported, required } from './field.ts';
import { validateAnnotations, validateLabels, validateSelector } from './labels.ts';
import { validatePodSpec } from './pod.ts';
import { validateRollingUpdate } from './rolling-update.ts';

interface Workload {
  readonly spec?: {
    readonly replicas?: number;
    readonly minReadySeconds?: number;
    readonly revisionHistoryLimit?: number;
    readonly selector?: LabelSelector;
    readonly template?: PodTemplateSpec;
  };
}

/** What the apps/v1 kinds share; `kind` in the words of the message on an empty selector. */
function workload({ spec }: Workload, kind: string): FieldError[] {
  const selector = spec?.selector;
  const errors = [
    ...atLeastZero('spec.replicas', spec?.replicas),
    ...atLeastZero('spec.minReadySeconds', spec?.minReadySeconds),
    ...atLeastZero('spec.revisionHistoryLimit', spec?.revisionHistoryLimit),
  ];
  if (selector === undefined) errors.push(required('spec.selector'));
  else {
    errors.push(...validateSelector('spec.selector', selector));
    if (isEmpty(selector)) errors.push(invalid('spec.selector', selector, `empty selector is invalid for ${kind}`));
  }
  return [...errors, ...template(spec?.template, selector)];
}

function isEmpty({ matchLabels, matchExpressions }: LabelSelector): boolean {
  return Object.keys(matchLabels ?? {}).length === 0 && (matchExpressions ?? []).length === 0;
}

function template(given: PodTemplateSpec | undefined, selector: LabelSelector | undefined): FieldError[] {
  const at = 'spec.template';
  const labels = given?.metadata?.labels;
  const errors: FieldError[] = [];
  if (selector !== undefined && !isEmpty(selector) && !matchesSelector(selector, labels)) {
    errors.push(invalid(`${at}.metadata.labels`, labels ?? null, '`selector` does not match template `labels`'));
  }
  errors.push(...validateLabels(`${at}.metadata.labels`, labels));
  errors.push(...validateAnnotations(`${at}.metadata.annotations`, given?.metadata?.annotations));
  errors.push(...validatePodSpec(given?.spec, `${at}.spec`));
  const policy = given?.spec?.restartPolicy;
  if (policy !== undefined && policy !== 'Always') {
    errors.push(notSupported(`${at}.spec.restartPolicy`, policy, ['Always']));
  }
  if (given?.spec?.activeDeadlineSeconds !== undefined) {
    const detail = 'activeDeadlineSeconds in ReplicaSet is not Supported';
    errors.push(forbidden(`${at}.spec.activeDeadlineSeconds`, detail));
  }
  return errors;
}

function sameSelector(object: Workload, previous: Workload): FieldError[] {
  if (isDeepStrictEqual(object.spec?.selector, previous.spec?.selector)) return [];
  return [invalid('spec.selector', object.spec?.selector ?? null, 'field is immutable')];
}

export function validateDeployment(object: Deployment): FieldError[] {
  const { strategy, progressDeadlineSeconds, minReadySeconds = 0 } = object.spec ?? {};
  const errors = workload(object, 'deployment');
  errors.push(...oneOf('spec.strategy.type', strategy?.type ?? '', ['Recreate', 'RollingUpdate']));
  if (strategy?.type === 'Recreate' && strategy.rollingUpdate !== undefined) {
    const detail = "may not be specified when strategy `type` is 'Recreate'";
    errors.push(forbidden('spec.strategy.rollingUpdate', detail));
  } else errors.push(...validateRollingUpdate('spec.strategy.rollingUpdate', strategy?.rollingUpdate));
  if (progressDeadlineSeconds !== undefined && progressDeadlineSeconds <= minReadySeconds) {
    errors.push(
      invalid('spec.progressDeadlineSeconds', progressDeadlineSeconds, 'must be greater than minReadySeconds'),
    );
  }
  return errors;
}

export const validateDeploymentUpdate = (object: Deployment, previous: Deployment) => sameSelector(object, previous);

export const validateReplicaSet = (object: ReplicaSet) => workload(object, 'replicaset');

export const validateReplicaSetUpdate = (object: ReplicaSet, previous: ReplicaSet) => sameSelector(object, previous);

export function validateDaemonSet(object: DaemonSet): FieldError[] {
  const { updateStrategy } = object.spec ?? {};
  return [
    ...workload(object, 'daemonset'),
    ...oneOf('spec.updateStrategy.type', updateStrategy?.type ?? '', ['OnDelete', 'RollingUpdate']),
    ...validateRollingUpdate('spec.updateStrategy.rollingUpdate', updateStrategy?.rollingUpdate),
  ];
}

export const validateDaemonSetUpdate = (object: DaemonSet, previous: DaemonSet) => sameSelector(object, previous);

export function validateStatefulSet(object: StatefulSet): FieldError[] {
  const { podManagementPolicy, updateStrategy } = object.spec ?? {};
  return [
    ...workload(object, 'statefulset'),
    ...oneOf('spec.podManagementPolicy', podManagementPolicy ?? '', ['OrderedReady', 'Parallel']),
    ...oneOf('spec.updateStrategy.type', updateStrategy?.type ?? '', ['OnDelete', 'RollingUpdate']),
    ...atLeastZero('spec.updateStrategy.rollingUpdate.partition', updateStrategy?.rollingUpdate?.partition),
  ];
}

/** What of a StatefulSet's spec may change, in the order of the message. */
const MUTABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const;

export function validateStatefulSetUpdate(object: StatefulSet, previous: StatefulSet): FieldError[] {
  const fixed = (set: StatefulSet) =>
    Object.entries(set.spec ?? {})
      .filter(([member]) => !(MUTABLE as readonly string[]).includes(member))
      .sort(([a], [b]) => (a < b ? -1 : 1));
  if (isDeepStrictEqual(fixed(object), fixed(previous))) return [];
  const names = MUTABLE.map((member) => `'${member}'`);
  const list = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  return [forbidden('spec', `updates to statefulset spec for fields other than ${list} are forbidden`)];
}

export function validateReplicationController({ spec }: ReplicationController): FieldError[] {
  const errors = [...atLeastZero('spec.minReadySeconds', spec?.minReadySeconds)];
  const selector = spec?.selector ?? {};
  if (Object.keys(selector).length === 0) errors.push(required('spec.selector'));
  errors.push(...atLeastZero('spec.replicas', spec?.replicas));
  if (spec?.template === undefined) return [...errors, required('spec.template')];
  return [...errors, ...template(spec.template, { matchLabels: selector })];
}
