/** Taints and tolerations: which taint a pod puts up with. Pure. */
import type { Node, Pod } from '../../objects/wire.ts';

export type Taint = NonNullable<NonNullable<Node['spec']>['taints']>[number];
export type Toleration = NonNullable<NonNullable<Pod['spec']>['tolerations']>[number];

/** True when the toleration covers the taint: an empty key, effect or operator is a wildcard as Kubernetes has it. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  const { key = '', operator = 'Equal', value = '', effect = '' } = toleration;
  if (effect !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  if (key === '') return false;
  return operator === 'Equal' && value === (taint.value ?? '');
}

/** The first taint of one of these effects that the pod does not tolerate. */
export function untoleratedTaint(pod: Pod, taints: readonly Taint[], effects: readonly string[]): Taint | undefined {
  const tolerations = pod.spec?.tolerations ?? [];
  return taints.find(
    (taint) => effects.includes(taint.effect) && !tolerations.some((toleration) => tolerates(toleration, taint)),
  );
}
