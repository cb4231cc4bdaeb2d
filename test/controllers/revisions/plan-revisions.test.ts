import { describe, expect, it } from 'vitest';
import { planRevisions, revisionData, templateOf } from '../../../src/controllers/revisions/plan-revisions.ts';
import { STATEFUL_SETS } from '../../../src/objects/resource.ts';
import type { ControllerRevision, PodTemplateSpec, StatefulSet } from '../../../src/objects/wire.ts';

const template = (image: string): PodTemplateSpec => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image }] },
});
const set = (image: string, limit?: number) => ({
  metadata: { name: 'web', namespace: 'shop', uid: 'u', annotations: { 'kubernetes.io/change-cause': 'why' } },
  spec: { template: template(image), ...(limit === undefined ? {} : { revisionHistoryLimit: limit }) },
});
const revision = (image: string, number: number): ControllerRevision => ({
  metadata: { name: `web-${image}`, namespace: 'shop' },
  data: revisionData(template(image)),
  revision: number,
});
const plan = (object: object, revisions: ControllerRevision[], inUse: string[] = []) => {
  const names = { name: 'web-hash', labels: { hash: 'h' } };
  return planRevisions({ type: STATEFUL_SETS, object: object as StatefulSet }, revisions, names, new Set(inUse));
};
const removed = (...args: Parameters<typeof plan>) => plan(...args).remove.map(({ metadata }) => metadata?.name);

describe('the history of a set', () => {
  it('begins with its first template, as a patch that puts it back', () => {
    const { create, renumber, remove } = plan(set('a'), []);
    expect(create).toEqual({
      metadata: {
        name: 'web-hash',
        namespace: 'shop',
        labels: { app: 'web', hash: 'h' },
        annotations: { 'kubernetes.io/change-cause': 'why' },
        ownerReferences: [expect.objectContaining({ kind: 'StatefulSet', name: 'web', uid: 'u', controller: true })],
      },
      data: { spec: { template: { $patch: 'replace', ...template('a') } } },
      revision: 1,
    });
    expect([renumber, remove]).toEqual([undefined, []]);
    expect(templateOf(create!)).toEqual(template('a'));
  });

  it('says nothing new of a template that is the newest already', () => {
    expect(plan(set('b'), [revision('b', 2), revision('a', 1)])).toEqual({
      create: undefined,
      renumber: undefined,
      remove: [],
    });
  });

  it('numbers a new template after all others, and an old one that is back, too', () => {
    const history = [revision('a', 1), revision('b', 5)];
    expect(plan(set('c'), history).create?.revision).toBe(6);
    expect(plan(set('a'), history)).toEqual({
      create: undefined,
      renumber: { revision: history[0], number: 6 },
      remove: [],
    });
  });

  it('is cut at its limit, the oldest first, sparing the present and those in use', () => {
    const history = [revision('a', 1), revision('b', 2), revision('c', 3), revision('d', 4)];
    expect(removed(set('d', 1), history)).toEqual(['web-a', 'web-b']);
    expect(removed(set('d', 1), history, ['web-a'])).toEqual(['web-b']);
    expect(removed(set('d', 0), history)).toEqual(['web-a', 'web-b', 'web-c']);
    expect(removed(set('a', 0), history)).toEqual(['web-b', 'web-c', 'web-d']);
    expect(removed(set('d'), history)).toEqual([]);
  });

  it('reads no template out of what is none of ours', () => {
    expect(templateOf({ revision: 1 })).toBeUndefined();
    expect(templateOf({ revision: 1, data: { other: 1 } })).toBeUndefined();
  });
});
