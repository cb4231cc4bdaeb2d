import { describe, expect, it, vi } from 'vitest';
import type { Binding } from '../../src/api/operations/bind-pod.ts';
import { createObject } from '../../src/api/operations/create.ts';
import { deleteObject } from '../../src/api/operations/delete.ts';
import { updateObject } from '../../src/api/operations/update.ts';
import { NAMESPACES, PODS } from '../../src/objects/resource.ts';
import type { Namespace, Pod } from '../../src/objects/wire.ts';
import { pod, testApi } from './fixtures.ts';

const at = (name: string) => ({ namespace: 'default', name });

describe('create', () => {
  it('sets what the server sets, and nothing else', async () => {
    const { transport } = await testApi();
    const created = await transport.create(PODS, pod('a', { labels: { app: 'web' } }));
    expect(created).toMatchObject({ apiVersion: 'v1', kind: 'Pod', status: { phase: 'Pending' } });
    expect(created.metadata!.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(created.metadata!.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Number(created.metadata!.resourceVersion)).toBeGreaterThan(1);
  });

  it('refuses with the words of Kubernetes', async () => {
    const { transport } = await testApi();
    await transport.create(PODS, pod('a'));
    await expect(transport.create(PODS, pod('a'))).rejects.toMatchObject({
      message: 'pods "a" already exists',
      code: 409,
      reason: 'AlreadyExists',
    });
    const elsewhere = { ...pod('b'), metadata: { name: 'b', namespace: 'none' } } as Pod;
    await expect(transport.create(PODS, elsewhere)).rejects.toMatchObject({
      message: 'namespaces "none" not found',
      code: 404,
    });
    await expect(transport.create(PODS, { metadata: at('c'), spec: { containers: [] } } as Pod)).rejects.toMatchObject({
      message: 'Pod "c" is invalid: spec.containers: Required value',
      code: 422,
    });
    await expect(transport.get(PODS, at('zz'))).rejects.toMatchObject({ message: 'pods "zz" not found', code: 404 });
  });

  it('makes names from generateName', async () => {
    const { transport } = await testApi();
    const nameless = { ...pod('x'), metadata: { generateName: 'web-', namespace: 'default' } } as Pod;
    const [a, b] = [await transport.create(PODS, nameless), await transport.create(PODS, nameless)];
    expect(a.metadata!.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(b.metadata!.name).not.toBe(a.metadata!.name);
  });

  it('stores nothing on a dry run', async () => {
    const { core, transport } = await testApi();
    const dry = createObject(core, core.definitions.of(PODS), pod('a'), { dryRun: true });
    expect(dry.object.metadata!.uid).toBeDefined();
    await expect(transport.get(PODS, at('a'))).rejects.toMatchObject({ code: 404 });
  });

  it('leaves the given object to its owner', async () => {
    const { transport } = await testApi();
    const mine = pod('a', { labels: { app: 'web' } });
    const created = await transport.create(PODS, mine);
    mine.metadata!.labels!.app = 'changed';
    expect(created.metadata!.labels).toEqual({ app: 'web' });
    expect(mine.status).toBeUndefined();
  });
});

describe('update', () => {
  it('refuses a stale resourceVersion', async () => {
    const { transport } = await testApi();
    const first = await transport.create(PODS, pod('a'));
    await transport.update(PODS, { ...first, metadata: { ...first.metadata, labels: { n: '1' } } } as Pod);
    const stale = { ...first, metadata: { ...first.metadata, labels: { n: '2' } } } as Pod;
    await expect(transport.update(PODS, stale)).rejects.toMatchObject({
      message:
        'Operation cannot be fulfilled on pods "a": the object has been modified; please apply your changes to the latest version and try again',
      code: 409,
      reason: 'Conflict',
    });
  });

  it('writes nothing when nothing changes', async () => {
    const { core, transport } = await testApi();
    const first = await transport.create(PODS, pod('a', { labels: { x: 'y' } }));
    const before = core.store.revision;
    const again = await transport.update(PODS, pod('a', { labels: { x: 'y' } }));
    expect(again.metadata!.resourceVersion).toBe(first.metadata!.resourceVersion);
    expect(core.store.revision).toBe(before);
  });

  it('keeps status from a spec update, and spec from a status update', async () => {
    const { transport } = await testApi();
    await transport.create(PODS, pod('a'));
    await transport.update(PODS, { ...pod('a', { node: 'n1' }), status: { phase: 'Running' } } as Pod);
    expect((await transport.get(PODS, at('a'))).status?.phase).toBe('Pending');
    const status = { ...pod('a', { node: 'n2' }), status: { phase: 'Running' } } as Pod;
    const after = await transport.update(PODS, status, { subresource: 'status' });
    expect(after.status?.phase).toBe('Running');
    expect(after.spec?.nodeName).toBe('n1');
  });

  it('binds a pod once', async () => {
    const { transport } = await testApi();
    await transport.create(PODS, pod('a'));
    const binding = { metadata: at('a'), target: { kind: 'Node', name: 'n1' } } as Binding as Pod;
    await transport.create(PODS, binding, { subresource: 'binding' });
    const bound = await transport.get(PODS, at('a'));
    expect(bound.spec?.nodeName).toBe('n1');
    expect(bound.status?.conditions).toMatchObject([{ type: 'PodScheduled', status: 'True' }]);
    await expect(transport.create(PODS, binding, { subresource: 'binding' })).rejects.toMatchObject({
      message: 'Operation cannot be fulfilled on pods/binding "a": pod a is already assigned to node "n1"',
    });
  });

  it('binds only the pod the scheduler chose for, and none that is gated', async () => {
    const { transport } = await testApi();
    const former = await transport.create(PODS, pod('a'));
    await transport.delete(PODS, at('a'));
    await transport.create(PODS, pod('a'));
    const metadata = { ...at('a'), uid: former.metadata!.uid };
    const binding = { metadata, target: { kind: 'Node', name: 'n1' } } as Binding as Pod;
    await expect(transport.create(PODS, binding, { subresource: 'binding' })).rejects.toMatchObject({
      reason: 'Conflict',
      message: expect.stringContaining(`UID in precondition: ${former.metadata!.uid}`),
    });
    expect((await transport.get(PODS, at('a'))).spec?.nodeName).toBeUndefined();
    const { metadata: of, spec } = pod('gated');
    await transport.create(PODS, { metadata: of, spec: { ...spec, schedulingGates: [{ name: 'x/y' }] } } as Pod);
    const gated = { metadata: at('gated'), target: { kind: 'Node', name: 'n1' } } as Binding as Pod;
    await expect(transport.create(PODS, gated, { subresource: 'binding' })).rejects.toMatchObject({
      message: 'Operation cannot be fulfilled on pods/binding "gated": pod gated has non-empty .spec.schedulingGates',
    });
  });

  it('patches, and refuses to rename', async () => {
    const { transport } = await testApi();
    await transport.create(PODS, pod('a', { labels: { a: '1', b: '2' } }));
    const patched = await transport.patch(PODS, at('a'), 'merge', { metadata: { labels: { a: null, c: '3' } } });
    expect(patched.metadata!.labels).toEqual({ b: '2', c: '3' });
    await expect(transport.patch(PODS, at('a'), 'merge', { metadata: { name: 'b' } })).rejects.toMatchObject({
      code: 400,
    });
  });
});

describe('delete', () => {
  it('removes at once what nothing holds', async () => {
    const { transport } = await testApi();
    await transport.create(PODS, pod('a'));
    await transport.delete(PODS, at('a'));
    await expect(transport.get(PODS, at('a'))).rejects.toMatchObject({ code: 404 });
    await expect(transport.delete(PODS, at('a'))).rejects.toMatchObject({ message: 'pods "a" not found' });
  });

  it('gives a running pod its grace, which a later delete may shorten', async () => {
    const { transport } = await testApi();
    await transport.create(PODS, pod('a', { node: 'n1' }));
    await transport.delete(PODS, at('a'));
    const dying = await transport.get(PODS, at('a'));
    expect(dying.metadata).toMatchObject({ deletionGracePeriodSeconds: 30, generation: 2 });
    await transport.delete(PODS, at('a'), { gracePeriodSeconds: 60 });
    expect((await transport.get(PODS, at('a'))).metadata).toMatchObject({ deletionGracePeriodSeconds: 30 });
    await transport.delete(PODS, at('a'), { gracePeriodSeconds: 5 });
    expect((await transport.get(PODS, at('a'))).metadata).toMatchObject({ deletionGracePeriodSeconds: 5 });
    await transport.delete(PODS, at('a'), { gracePeriodSeconds: 0 });
    await expect(transport.get(PODS, at('a'))).rejects.toMatchObject({ code: 404 });
  });

  it('counts a grace from the first delete, and shows last what was stored', async () => {
    vi.useFakeTimers({ now: Date.parse('2026-01-01T00:00:00Z'), toFake: ['Date'] });
    const { core, transport } = await testApi();
    await transport.create(PODS, pod('a', { node: 'n1' }));
    const { resourceVersion } = await transport.list(PODS);
    await transport.delete(PODS, at('a'));
    vi.setSystemTime(Date.parse('2026-01-01T00:00:03Z'));
    await transport.delete(PODS, at('a'), { propagationPolicy: 'Foreground' });
    const { metadata } = await transport.get(PODS, at('a'));
    expect(String(metadata!.deletionTimestamp)).toBe('2026-01-01T00:00:30Z');
    await transport.delete(PODS, at('a'), { gracePeriodSeconds: 10, propagationPolicy: 'Background' });
    const dying = await transport.get(PODS, at('a'));
    expect(String(dying.metadata!.deletionTimestamp)).toBe('2026-01-01T00:00:10Z');
    await transport.delete(PODS, at('a'), { gracePeriodSeconds: 0 });
    await transport.create(PODS, pod('b'));
    await transport.delete(PODS, at('b'));
    const last = core.store.collection(PODS).eventsSince(Number(resourceVersion));
    const deleted = last.filter(({ type }) => type === 'DELETED').map(({ current }) => current.object.metadata!);
    expect(deleted[0]).toEqual({ ...dying.metadata, resourceVersion: expect.any(String) });
    expect(deleted[1]!.deletionTimestamp).toBeUndefined();
    vi.useRealTimers();
  });

  it('waits for finalizers, and goes with the update that takes the last', async () => {
    const { core, transport } = await testApi();
    const held = pod('a');
    held.metadata!.finalizers = ['example.com/hold'];
    await transport.create(PODS, held);
    await transport.delete(PODS, at('a'));
    const dying = await transport.get(PODS, at('a'));
    expect(dying.metadata!.deletionTimestamp).toBeDefined();
    const more = { ...dying, metadata: { ...dying.metadata, finalizers: ['example.com/hold', 'x/y'] } } as Pod;
    await expect(transport.update(PODS, more)).rejects.toMatchObject({ code: 422 });
    await transport.patch(PODS, at('a'), 'merge', { metadata: { finalizers: null } });
    expect(core.store.collection(PODS).size).toBe(0);
  });

  it('honours preconditions', async () => {
    const { transport } = await testApi();
    const { metadata } = await transport.create(PODS, pod('a'));
    await expect(transport.delete(PODS, at('a'), { preconditions: { uid: 'other' } })).rejects.toMatchObject({
      message: `Operation cannot be fulfilled on pods "a": Precondition failed: UID in precondition: other, UID in object meta: ${metadata!.uid}`,
    });
    await transport.delete(PODS, at('a'), { preconditions: { uid: metadata!.uid! } });
  });

  it('leaves everything as it was on a dry run', async () => {
    const { core, transport } = await testApi();
    await transport.create(PODS, pod('a'));
    expect(deleteObject(core, core.definitions.of(PODS), 'default', 'a', {}, { dryRun: true }).removed).toBe(true);
    await transport.get(PODS, at('a'));
  });
});

describe('namespaces', () => {
  it('go when finalized; until then nothing new is made in them', async () => {
    const { core, transport } = await testApi();
    await transport.create(NAMESPACES, { metadata: { name: 'team' } } as Namespace);
    await transport.delete(NAMESPACES, { name: 'team' });
    const dying = await transport.get(NAMESPACES, { name: 'team' });
    expect(dying.status?.phase).toBe('Terminating');
    const late = { ...pod('a'), metadata: { name: 'a', namespace: 'team' } } as Pod;
    await expect(transport.create(PODS, late)).rejects.toMatchObject({
      message: 'pods "a" is forbidden: unable to create new content in namespace team because it is being terminated',
      code: 403,
    });
    await transport.update(NAMESPACES, { ...dying, spec: { finalizers: [] } } as Namespace);
    expect(core.store.collection(NAMESPACES).get('', 'team')).toBeDefined();
    const finalized = { metadata: { name: 'team' }, spec: { finalizers: [] } } as unknown as Namespace;
    await transport.update(NAMESPACES, finalized, { subresource: 'finalize' });
    expect(core.store.collection(NAMESPACES).get('', 'team')).toBeUndefined();
  });

  it('default stays', async () => {
    const { transport } = await testApi();
    await expect(transport.delete(NAMESPACES, { name: 'default' })).rejects.toMatchObject({
      message: 'namespaces "default" is forbidden: this namespace may not be deleted',
    });
  });
});

describe('the write-ahead hook', () => {
  it('comes before the change and can refuse it', async () => {
    const seen: string[] = [];
    const { core } = await testApi({
      writeAhead: (changes) => {
        for (const { operation, resource, revision } of changes) {
          if (resource === 'pods') throw new Error('disk full');
          seen.push(`${revision} ${operation} ${resource}`);
        }
      },
    });
    const before = core.store.revision;
    expect(() => createObject(core, core.definitions.of(PODS), pod('a'))).toThrow('disk full');
    expect(core.store.revision).toBe(before);
    expect(core.store.collection(PODS).size).toBe(0);
    expect(seen).toEqual(['2 put namespaces']);
  });
});

describe('an update of an object that is gone', () => {
  it('is NotFound', async () => {
    const { core } = await testApi();
    expect(() => updateObject(core, core.definitions.of(PODS), pod('gone'))).toThrow('pods "gone" not found');
  });
});
