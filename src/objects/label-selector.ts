/** Label selectors as objects carry them: which labels a selector selects. Pure. */
import type { LabelSelector } from './wire.ts';

export type Labels = Readonly<Record<string, string>>;

/** True when `labels` has every pair of `pairs` (a Service's or ReplicationController's selector). */
export function matchesPairs(pairs: Labels, labels: Labels | undefined): boolean {
  for (const [key, value] of Object.entries(pairs)) if (labels?.[key] !== value) return false;
  return true;
}

/** True when the selector selects these labels. An empty selector selects everything, an absent one nothing. */
export function matchesSelector(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  if (selector === undefined) return false;
  if (!matchesPairs(selector.matchLabels ?? {}, labels)) return false;
  return (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) =>
    matchesExpression(key, operator, values, labels),
  );
}

/** One requirement: `In`, `NotIn`, `Exists`, `DoesNotExist`, and for node affinity `Gt`, `Lt`. Others match nothing. */
export function matchesExpression(
  key: string,
  operator: string,
  values: readonly string[],
  labels: Labels | undefined,
): boolean {
  // A label may well be called `constructor`.
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}
