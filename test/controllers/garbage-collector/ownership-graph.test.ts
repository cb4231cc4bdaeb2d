import { describe, expect, it } from 'vitest';
import { blocks, judge, type OwnerState } from '../../../src/controllers/garbage-collector/ownership-graph.ts';

const owned = (...uids: string[]) => ({
  metadata: { ownerReferences: uids.map((uid) => ({ apiVersion: 'v1', kind: 'X', name: uid, uid })) },
});

describe('the verdict on an object', () => {
  it.each<[string, OwnerState[], string]>([
    ['nobody owns', [], 'keep'],
    ['an owner stands behind', ['solid'], 'keep'],
    ['has lost its owner', ['absent'], 'delete'],
    ['has lost both owners', ['absent', 'absent'], 'delete'],
    ['has lost one of two owners', ['absent', 'solid'], 'drop-references'],
    ['is waited for', ['waiting'], 'delete-foreground'],
    ['is waited for by one and has lost the other', ['waiting', 'absent'], 'delete-foreground'],
    ['is waited for by one and held by another', ['waiting', 'solid'], 'drop-references'],
  ])('that %s', (_, states, action) => {
    const verdict = judge(owned(...states.map((_state, index) => `o${index}`)), states);
    expect(verdict.action).toBe(action);
    if (verdict.action === 'drop-references') expect(verdict.references).toMatchObject([{ uid: 'o1' }]);
  });

  it('knows which dependents hold their owner up', () => {
    const object = owned('a', 'b');
    object.metadata.ownerReferences[0] = { ...object.metadata.ownerReferences[0]!, blockOwnerDeletion: true } as never;
    expect([blocks(object, 'a'), blocks(object, 'b'), blocks(object, 'c')]).toEqual([true, false, false]);
  });
});
