import { describe, expect, it } from 'vitest';
import { PODS } from '../../../src/objects/resource.ts';
import type { WatchEvent } from '../../../src/objects/transport.ts';
import type { Pod } from '../../../src/objects/wire.ts';
import { pod, testApi } from '../fixtures.ts';

/** Takes `count` events of a watch, then ends it. */
async function take(events: AsyncIterable<WatchEvent<Pod>>, count: number, abort: AbortController): Promise<string[]> {
  const seen: string[] = [];
  for await (const { type, object } of events) {
    seen.push(`${type} ${object.metadata!.name}`);
    if (seen.length === count) abort.abort();
  }
  return seen;
}

describe('watch', () => {
  it('without a version: everything there is, then what follows', async () => {
    const { transport } = await testApi();
    await transport.create(PODS, pod('a'));
    const abort = new AbortController();
    const seen = take(transport.watch(PODS, { signal: abort.signal }), 3, abort);
    await transport.create(PODS, pod('b'));
    await transport.delete(PODS, { namespace: 'default', name: 'a' });
    expect(await seen).toEqual(['ADDED a', 'ADDED b', 'DELETED a']);
  });

  it('resumes from a version without a gap', async () => {
    const { transport } = await testApi();
    const { resourceVersion } = await transport.list(PODS);
    await transport.create(PODS, pod('a'));
    await transport.patch(PODS, { namespace: 'default', name: 'a' }, 'merge', { metadata: { labels: { x: '1' } } });
    const abort = new AbortController();
    const watch = transport.watch(PODS, { resourceVersion, signal: abort.signal });
    expect(await take(watch, 2, abort)).toEqual(['ADDED a', 'MODIFIED a']);
  });

  it('tells a selecting watcher when an object comes in and leaves', async () => {
    const { transport } = await testApi();
    const abort = new AbortController();
    const watch = transport.watch(PODS, { labelSelector: 'on=yes', signal: abort.signal });
    const seen = take(watch, 3, abort);
    await transport.create(PODS, pod('a'));
    const key = { namespace: 'default', name: 'a' };
    await transport.patch(PODS, key, 'merge', { metadata: { labels: { on: 'yes' } } });
    await transport.patch(PODS, key, 'merge', { metadata: { labels: { more: '1' } } });
    await transport.patch(PODS, key, 'merge', { metadata: { labels: { on: 'no' } } });
    expect(await seen).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
  });

  it('answers 410 Expired for a compacted version', async () => {
    const { transport } = await testApi({ logCapacity: 2 });
    const { resourceVersion } = await transport.list(PODS);
    for (const name of ['a', 'b', 'c', 'd']) await transport.create(PODS, pod(name));
    const watch = transport.watch(PODS, { resourceVersion, signal: new AbortController().signal });
    await expect(take(watch, 1, new AbortController())).rejects.toMatchObject({ code: 410, reason: 'Expired' });
  });

  it('a deleted object carries the version of its deletion', async () => {
    const { core, transport } = await testApi();
    const created = await transport.create(PODS, pod('a'));
    await transport.delete(PODS, { namespace: 'default', name: 'a' });
    const event = core.store.collection(PODS).eventsSince(Number(created.metadata!.resourceVersion))[0]!;
    expect(event.type).toBe('DELETED');
    expect(event.current.object.metadata!.resourceVersion).toBe(String(core.store.revision));
  });
});

describe('the collection', () => {
  it('lists in the order of names, and as it was at an earlier version', async () => {
    const { core, transport } = await testApi();
    for (const name of ['c', 'a', 'b']) await transport.create(PODS, pod(name));
    const then = core.store.revision;
    await transport.delete(PODS, { namespace: 'default', name: 'a' });
    await transport.create(PODS, pod('d'));
    await transport.patch(PODS, { namespace: 'default', name: 'b' }, 'merge', { metadata: { labels: { x: '1' } } });
    const collection = core.store.collection(PODS);
    const names = (entries: readonly { object: { metadata?: { name?: string } } }[]) =>
      entries.map(({ object }) => object.metadata?.name);
    expect(names(collection.entries())).toEqual(['b', 'c', 'd']);
    expect(names(collection.entriesAt(then))).toEqual(['a', 'b', 'c']);
    expect(collection.entriesAt(then, 'default')[1]!.object.metadata!.labels).toBeUndefined();
  });

  it('refuses to change what is stored', async () => {
    const { transport } = await testApi();
    const stored = await transport.create(PODS, pod('a'));
    expect(() => {
      stored.spec!.nodeName = 'n1';
    }).toThrow(TypeError);
  });

  it('selects by field, and names a field it does not know', async () => {
    const { transport } = await testApi();
    await transport.create(PODS, pod('a', { node: 'n1' }));
    await transport.create(PODS, pod('b'));
    const { items } = await transport.list(PODS, { fieldSelector: 'spec.nodeName=n1' });
    expect(items.map(({ metadata }) => metadata!.name)).toEqual(['a']);
    await expect(transport.list(PODS, { fieldSelector: 'spec.colour=red' })).rejects.toMatchObject({
      code: 400,
      message: expect.stringContaining('field label not supported: spec.colour'),
    });
  });
});
