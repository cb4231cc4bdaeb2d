import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Informer } from '../../src/client/informer.ts';
import { RecentWrites } from '../../src/client/recent-writes.ts';
import { SERVICES } from '../../src/objects/resource.ts';
import type { Service } from '../../src/objects/wire.ts';
import { MemoryTransport } from '../support/memory-transport.ts';

let transport: MemoryTransport;
let informer: Informer<Service>;
let writes: RecentWrites<Service>;
let now: number;

const service = (name: string): Service => ({ metadata: { name, namespace: 'shop' } });
const everything = (): boolean => true;
const names = (): (string | undefined)[] =>
  writes.overlay(informer.list(), everything).map(({ metadata }) => metadata?.name);

beforeEach(() => {
  transport = new MemoryTransport();
  informer = new Informer(transport, SERVICES);
  now = 0;
  writes = new RecentWrites(informer, () => now);
});

describe('recent writes', () => {
  it('show what the informer does not yet show, and give way when it does', async () => {
    const created = await transport.create(SERVICES, service('a'));
    writes.wrote(created);
    expect(names()).toEqual(['a']);
    expect(writes.get('shop/a')).toBe(created);
    await informer.start();
    await transport.patch(SERVICES, { namespace: 'shop', name: 'a' }, 'merge', { metadata: { labels: { x: 'y' } } });
    await vi.waitFor(() => expect(writes.get('shop/a')?.metadata?.labels).toEqual({ x: 'y' }));
    await informer.stop();
  });

  it('do not bring back what was created and deleted before the informer saw it', async () => {
    writes.wrote(await transport.create(SERVICES, service('a')));
    await transport.delete(SERVICES, { namespace: 'shop', name: 'a' });
    await informer.start();
    expect(names()).toEqual([]);
    await informer.stop();
  });

  it('hide what was deleted while the informer still shows it', async () => {
    const created = await transport.create(SERVICES, service('a'));
    await informer.start();
    writes.deleted(created);
    expect([names(), writes.get('shop/a')]).toEqual([[], undefined]);
    // A new object of the same name is another one.
    await informer.stop();
    expect(writes.isDeleted({ metadata: { ...created.metadata, uid: 'another' } })).toBe(false);
  });

  it('show an object again once its deletion is under way: it then speaks for itself', async () => {
    const object = { ...service('a'), metadata: { ...service('a').metadata, finalizers: ['keep'] } };
    const created = await transport.create(SERVICES, object);
    await informer.start();
    writes.deleted(created);
    await transport.delete(SERVICES, { namespace: 'shop', name: 'a' });
    await vi.waitFor(() => expect(informer.get('shop/a')?.metadata?.deletionTimestamp).toBeDefined());
    expect(names()).toEqual(['a']);
    await informer.stop();
  });

  it('are forgotten after five minutes, whatever the informer shows', async () => {
    const created = await transport.create(SERVICES, service('a'));
    await informer.start();
    writes.deleted(created);
    writes.wrote({ metadata: { ...service('b').metadata, resourceVersion: '999' } });
    expect(names()).toEqual(['b']);
    now = 5 * 60_000;
    expect(names()).toEqual(['a']);
    await informer.stop();
  });

  it('leave out what no longer belongs', async () => {
    const created = await transport.create(SERVICES, service('a'));
    await informer.start();
    writes.wrote({ metadata: { ...created.metadata, labels: { gone: 'yes' }, resourceVersion: '999' } });
    const kept = writes.overlay(informer.list(), ({ metadata }) => metadata?.labels?.gone === undefined);
    expect(kept).toEqual([]);
    await informer.stop();
  });
});
