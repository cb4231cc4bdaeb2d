/** What a namespace in deletion says of what keeps it: conditions in the namespace controller's words. Pure. */
import type { ResourceType } from '../objects/resource.ts';
import type { ApiObject, Namespace } from '../objects/wire.ts';

export type NamespaceCondition = NonNullable<NonNullable<Namespace['status']>['conditions']>[number];

/** An object that is still there. */
export interface Remaining {
  readonly type: ResourceType;
  readonly object: ApiObject;
}

type Verdict = Pick<NamespaceCondition, 'type' | 'status' | 'reason' | 'message'>;

/** The conditions for what remains; those that stay as they were keep their time. `now`: RFC 3339, whole seconds. */
export function deletionConditions(
  present: readonly NamespaceCondition[],
  remaining: readonly Remaining[],
  now: string,
): NamespaceCondition[] {
  return [
    fine('NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered'),
    fine(
      'NamespaceDeletionGroupVersionParsingFailure',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    fine(
      'NamespaceDeletionContentFailure',
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ),
    contentRemaining(remaining),
    finalizersRemaining(remaining),
  ].map((verdict) => {
    const former = present.find(({ type }) => type === verdict.type);
    const lastTransitionTime = former?.status === verdict.status ? (former.lastTransitionTime ?? now) : now;
    return { ...verdict, lastTransitionTime };
  });
}

function fine(type: string, reason: string, message: string): Verdict {
  return { type, status: 'False', reason, message };
}

function contentRemaining(remaining: readonly Remaining[]): Verdict {
  const type = 'NamespaceContentRemaining';
  if (remaining.length === 0) return fine(type, 'ContentRemoved', 'All content successfully removed');
  const counts = count(remaining.map(({ type: { plural, group } }) => `${plural}.${group}`));
  const message = `Some resources are remaining: ${counts.map(([what, n]) => `${what} has ${n} resource instances`).join(', ')}`;
  return { type, status: 'True', reason: 'SomeResourcesRemain', message };
}

function finalizersRemaining(remaining: readonly Remaining[]): Verdict {
  const type = 'NamespaceFinalizersRemaining';
  const counts = count(remaining.flatMap(({ object }) => object.metadata?.finalizers ?? []));
  if (counts.length === 0) return fine(type, 'ContentHasNoFinalizers', 'All content-preserving finalizers finished');
  const message = `Some content in the namespace has finalizers remaining: ${counts.map(([what, n]) => `${what} in ${n} resource instances`).join(', ')}`;
  return { type, status: 'True', reason: 'SomeFinalizersRemain', message };
}

/** How often each text occurs, in the texts' order. */
function count(texts: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}
