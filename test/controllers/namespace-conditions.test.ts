import { describe, expect, it } from 'vitest';
import { deletionConditions } from '../../src/controllers/namespace-conditions.ts';
import { DEPLOYMENTS, PODS } from '../../src/objects/resource.ts';

const NOW = '2026-01-02T00:00:00Z';
const object = (...finalizers: string[]) => ({ metadata: { name: 'x', ...(finalizers.length ? { finalizers } : {}) } });
const brief = (conditions: ReturnType<typeof deletionConditions>) =>
  Object.fromEntries(conditions.map(({ type, status, reason, message }) => [type, `${status} ${reason}: ${message}`]));

describe('a namespace in deletion', () => {
  it('says what remains and which finalizers hold it', () => {
    const remaining = [
      { type: PODS, object: object('example.com/b') },
      { type: DEPLOYMENTS, object: object('example.com/a', 'example.com/b') },
      { type: PODS, object: object() },
    ];
    expect(brief(deletionConditions([], remaining, NOW))).toEqual({
      NamespaceDeletionDiscoveryFailure: 'False ResourcesDiscovered: All resources successfully discovered',
      NamespaceDeletionGroupVersionParsingFailure:
        'False ParsedGroupVersions: All legacy kube types successfully parsed',
      NamespaceDeletionContentFailure:
        'False ContentDeleted: All content successfully deleted, may be waiting on finalization',
      NamespaceContentRemaining:
        'True SomeResourcesRemain: Some resources are remaining: deployments.apps has 1 resource instances, pods. has 2 resource instances',
      NamespaceFinalizersRemaining:
        'True SomeFinalizersRemain: Some content in the namespace has finalizers remaining: example.com/a in 1 resource instances, example.com/b in 2 resource instances',
    });
  });

  it('says so when nothing remains, and when no finalizer does', () => {
    const gone = brief(deletionConditions([], [], NOW));
    expect(gone.NamespaceContentRemaining).toBe('False ContentRemoved: All content successfully removed');
    const held = brief(deletionConditions([], [{ type: PODS, object: object() }], NOW));
    expect(held.NamespaceFinalizersRemaining).toBe(
      'False ContentHasNoFinalizers: All content-preserving finalizers finished',
    );
  });

  it('keeps the time of a condition that has not turned', () => {
    const before = deletionConditions([], [{ type: PODS, object: object() }], '2026-01-01T00:00:00Z');
    const after = deletionConditions(before, [], NOW);
    const timeOf = (type: string) => after.find((condition) => condition.type === type)?.lastTransitionTime;
    expect(timeOf('NamespaceDeletionContentFailure')).toBe('2026-01-01T00:00:00Z');
    expect(timeOf('NamespaceContentRemaining')).toBe(NOW);
  });
});
