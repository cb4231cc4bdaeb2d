import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Informer, type InformerChange, keyOf } from '../../src/client/informer.ts';
import { SERVICES } from '../../src/objects/resource.ts';
import type { Service } from '../../src/objects/wire.ts';
import { apiError, MemoryTransport } from '../support/memory-transport.ts';

let transport: MemoryTransport;
let informer: Informer<Service>;
let changes: string[];
let errors: unknown[];

const service = (name: string, labels?: Record<string, string>): Service => ({
  metadata: { name, namespace: 'shop', ...(labels === undefined ? {} : { labels }) },
});

function describeChange(change: InformerChange<Service>): string {
  return `${change.type} ${keyOf(change.object)}`;
}

function open(options = {}): Informer<Service> {
  const made = new Informer(transport, SERVICES, { ...options, onError: (error) => errors.push(error) });
  made.onChange((change) => changes.push(describeChange(change)));
  return made;
}

beforeEach(() => {
  transport = new MemoryTransport();
  changes = [];
  errors = [];
  informer = open();
});

afterEach(() => informer.stop());

const names = (): string[] =>
  informer
    .list()
    .map((object) => object.metadata!.name!)
    .sort();

describe('an informer', () => {
  it('has the first list, handlers run, when start resolves; then follows', async () => {
    await transport.create(SERVICES, service('a'));
    await informer.start();
    expect(changes).toEqual(['added shop/a']);
    await transport.create(SERVICES, service('b'));
    await transport.patch(SERVICES, { namespace: 'shop', name: 'a' }, 'merge', { metadata: { labels: { x: 'y' } } });
    await transport.delete(SERVICES, { namespace: 'shop', name: 'b' });
    await vi.waitFor(() =>
      expect(changes).toEqual(['added shop/a', 'added shop/b', 'updated shop/a', 'deleted shop/b']),
    );
    expect(informer.get('shop/a')?.metadata?.labels).toEqual({ x: 'y' });
    expect(informer.resourceVersion).toBe('4');
  });

  it('sees an object leave its selection as a deletion', async () => {
    informer = open({ labelSelector: 'app=web' });
    await transport.create(SERVICES, service('a', { app: 'web' }));
    await informer.start();
    await transport.patch(SERVICES, { namespace: 'shop', name: 'a' }, 'merge', { metadata: { labels: { app: 'db' } } });
    await vi.waitFor(() => expect(changes).toEqual(['added shop/a', 'deleted shop/a']));
  });

  it('retries its first list', async () => {
    transport.fail('list', SERVICES, new Error('ECONNREFUSED'), 2);
    await transport.create(SERVICES, service('a'));
    await informer.start();
    expect(names()).toEqual(['a']);
    expect(errors).toHaveLength(2);
  });

  it('resumes a lost watch without listing again and misses nothing', async () => {
    await informer.start();
    for (let i = 0; i < 3; i += 1) {
      transport.dropWatches();
      await transport.create(SERVICES, service(`s${i}`));
      await vi.waitFor(() => expect(names()).toHaveLength(i + 1));
    }
    expect(transport.countOf('list', SERVICES)).toBe(1);
    expect(changes).toEqual(['added shop/s0', 'added shop/s1', 'added shop/s2']);
  });

  it('lists anew after 410 and reports the difference, deletions first', async () => {
    await transport.create(SERVICES, service('gone'));
    await transport.create(SERVICES, service('same'));
    await transport.create(SERVICES, service('again'));
    await informer.start();
    const before = informer.get('shop/again');
    changes.length = 0;
    // While the connection is down.
    transport.fail('watch', SERVICES, new Error('ECONNREFUSED'));
    transport.dropWatches();
    await transport.delete(SERVICES, { namespace: 'shop', name: 'gone' });
    await transport.delete(SERVICES, { namespace: 'shop', name: 'again' });
    await transport.create(SERVICES, service('again'));
    await transport.create(SERVICES, service('new'));
    transport.compact();
    await vi.waitFor(() => expect(names()).toEqual(['again', 'new', 'same']));
    expect(changes).toEqual(['deleted shop/gone', 'deleted shop/again', 'added shop/again', 'added shop/new']);
    expect(informer.get('shop/again')?.metadata?.uid).not.toBe(before?.metadata?.uid);
    expect(errors.some((error) => (error as { reason?: string }).reason === 'Expired')).toBe(true);
  });

  it('goes on listing anew until it succeeds', async () => {
    await informer.start();
    transport.fail('watch', SERVICES, apiError(410, 'Expired'));
    transport.fail('list', SERVICES, new Error('ECONNRESET'), 2);
    transport.dropWatches();
    await transport.create(SERVICES, service('a'));
    await vi.waitFor(() => expect(names()).toEqual(['a']));
    expect(transport.countOf('list', SERVICES)).toBe(4);
  });

  it('keeps calling handlers when one throws', async () => {
    const heard: string[] = [];
    informer.onChange(() => {
      throw new Error('broken handler');
    });
    informer.onChange((change) => heard.push(describeChange(change)));
    await informer.start();
    await transport.create(SERVICES, service('a'));
    await transport.create(SERVICES, service('b'));
    await vi.waitFor(() => expect(heard).toEqual(['added shop/a', 'added shop/b']));
    expect(errors.map(String)).toEqual(['Error: broken handler', 'Error: broken handler']);
    expect(transport.countOf('watch', SERVICES)).toBe(1);
  });

  it('keeps an index true', async () => {
    const byApp = informer.index((object) => Object.values(object.metadata?.labels ?? {}));
    const at = (key: string): string[] => byApp.get(key).map((object) => object.metadata!.name!);
    await transport.create(SERVICES, service('a', { app: 'web' }));
    await informer.start();
    expect(at('web')).toEqual(['a']);
    await transport.create(SERVICES, service('b', { app: 'web' }));
    await transport.patch(SERVICES, { namespace: 'shop', name: 'a' }, 'merge', { metadata: { labels: { app: 'db' } } });
    await vi.waitFor(() => expect([at('web'), at('db')]).toEqual([['b'], ['a']]));
    await transport.delete(SERVICES, { namespace: 'shop', name: 'a' });
    await vi.waitFor(() => expect(at('db')).toEqual([]));
  });
});

describe('stopping an informer', () => {
  it('ends the watch; no handler runs afterwards', async () => {
    await informer.start();
    await informer.stop();
    await transport.create(SERVICES, service('a'));
    await transport.list(SERVICES);
    expect(changes).toEqual([]);
  });

  it('does not hang while the first list is under way, nor show its answer', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const list = transport.list.bind(transport);
    transport.list = (async (...call: Parameters<typeof list>) => {
      await held;
      return list(...call);
    }) as typeof transport.list;
    await transport.create(SERVICES, service('a'));
    const started = informer.start();
    await informer.stop();
    await started;
    release();
    await list(SERVICES);
    expect(changes).toEqual([]);
  });

  it('does not wait out a back-off', async () => {
    transport.fail('list', SERVICES, new Error('ECONNREFUSED'), 1000);
    const started = informer.start();
    await vi.waitFor(() => expect(errors.length).toBeGreaterThan(2));
    const at = performance.now();
    await informer.stop();
    await started;
    expect(performance.now() - at).toBeLessThan(50);
  });

  it('may come before the start', async () => {
    await informer.stop();
    await informer.start();
    expect(transport.calls).toEqual([]);
  });
});
