import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CONFIG_MAPS as CONFIG_MAP_TYPE } from '../../../src/objects/resource.ts';
import type { ConfigMap } from '../../../src/objects/wire.ts';
import { configMap, openWatch, startTestServer, TABLE_V1, type TestServer } from './fixture.ts';

const PATH = '/api/v1/namespaces/default/configmaps';
const names = (body: { items: { metadata: { name: string } }[] }) => body.items.map(({ metadata }) => metadata.name);

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer({ store: { logCapacity: 8 } });
  // The namespace brings one of its own.
  await server.call('DELETE', PATH);
});
afterEach(() => server.close());

const add = (name: string, data?: Record<string, string>) => server.call('POST', PATH, configMap(name, data));

describe('pages of a list', () => {
  it('are of one moment, whatever is written meanwhile', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await add(name);
    const first = await server.call('GET', `${PATH}?limit=2`);
    expect(names(first.body)).toEqual(['a', 'b']);
    expect(first.body.metadata.remainingItemCount).toBe(3);
    await server.call('DELETE', `${PATH}/c`);
    await add('bb');
    const token = encodeURIComponent(first.body.metadata.continue);
    const second = await server.call('GET', `${PATH}?limit=2&continue=${token}`);
    expect(names(second.body)).toEqual(['c', 'd']);
    expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
    const third = await server.call(
      'GET',
      `${PATH}?limit=2&continue=${encodeURIComponent(second.body.metadata.continue)}`,
    );
    expect(names(third.body)).toEqual(['e']);
    expect(third.body.metadata.continue).toBeUndefined();
  });

  it('expire with the history they are made of', async () => {
    for (const name of ['a', 'b', 'c']) await add(name);
    const { body } = await server.call('GET', `${PATH}?limit=1`);
    for (let index = 0; index < 20; index += 1) await add(`later-${index}`);
    const late = await server.call('GET', `${PATH}?limit=1&continue=${encodeURIComponent(body.metadata.continue)}`);
    expect(late.body).toMatchObject({ code: 410, reason: 'Expired' });
  });

  it('refuse what no server gave', async () => {
    expect((await server.call('GET', `${PATH}?continue=nonsense`)).status).toBe(400);
    expect((await server.call('GET', `${PATH}?limit=many`)).status).toBe(400);
    expect((await server.call('GET', `${PATH}?resourceVersion=x`)).status).toBe(400);
    expect((await server.call('GET', `${PATH}?resourceVersion=999999`)).status).toBe(504);
    expect((await server.call('GET', `${PATH}?labelSelector=a%20in%20b`)).status).toBe(400);
  });

  it('an exact version is shown exactly', async () => {
    const { body } = await add('a');
    await add('b');
    const version = body.metadata.resourceVersion;
    const then = await server.call('GET', `${PATH}?resourceVersion=${version}&resourceVersionMatch=Exact`);
    expect(names(then.body)).toEqual(['a']);
    const now = await server.call('GET', `${PATH}?resourceVersion=${version}`);
    expect(names(now.body)).toEqual(['a', 'b']);
  });
});

describe('deleting', () => {
  it.each<[string, unknown, number, string]>([
    [
      'a policy there is not',
      { propagationPolicy: 'Later' },
      422,
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Later": supported values: "Foreground", "Background", "Orphan", "nil"',
    ],
    [
      'two policies',
      { propagationPolicy: 'Orphan', orphanDependents: true },
      422,
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set',
    ],
    [
      'what is no list',
      { dryRun: 5 },
      400,
      'DeleteOptions in version "v1" cannot be handled as a DeleteOptions: json: cannot unmarshal number into Go struct field DeleteOptions.dryRun of type []string',
    ],
    [
      'a time that is none',
      { gracePeriodSeconds: 'soon' },
      400,
      'DeleteOptions in version "v1" cannot be handled as a DeleteOptions: json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64',
    ],
    ['a list', [], 400, 'the object provided is unrecognized (must be of type DeleteOptions)'],
  ])('refuses %s, and deletes nothing', async (_what, options, code, message) => {
    await add('a');
    const { status, body } = await server.call('DELETE', `${PATH}/a`, options);
    expect([status, body.message]).toEqual([code, message]);
    expect((await server.call('GET', `${PATH}/a`)).status).toBe(200);
  });

  it('of a collection passes over what has gone since its version', async () => {
    const { body } = await add('a');
    await add('b');
    await server.call('DELETE', `${PATH}/a`);
    const version = `resourceVersion=${body.metadata.resourceVersion}&resourceVersionMatch=Exact`;
    await add('a2');
    expect((await server.call('DELETE', `${PATH}?${version}`)).status).toBe(200);
    expect(names((await server.call('GET', PATH)).body)).toEqual(['a2', 'b']);
    const all = `resourceVersion=${Number(body.metadata.resourceVersion) + 1}&resourceVersionMatch=Exact`;
    expect((await server.call('DELETE', `${PATH}?${all}`)).status).toBe(200);
    expect(names((await server.call('GET', PATH)).body)).toEqual(['a2']);
  });
});

describe('a watch', () => {
  it('follows from a version', async () => {
    const { body } = await server.call('GET', PATH);
    const watch = await openWatch(server, `${PATH}?watch=1&resourceVersion=${body.metadata.resourceVersion}`);
    await add('a');
    await server.call('DELETE', `${PATH}/a`);
    expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'a' } } });
    const gone = await watch.next();
    expect(gone).toMatchObject({ type: 'DELETED', object: { metadata: { name: 'a' } } });
    expect(Number(gone!.object.metadata.resourceVersion)).toBe(server.core.store.revision);
    watch.end();
  });

  it('begins with the state and marks its end on sendInitialEvents', async () => {
    await add('a');
    await add('b');
    const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const watch = await openWatch(server, `${PATH}?${query}`);
    expect([(await watch.next())!.object.metadata.name, (await watch.next())!.object.metadata.name]).toEqual([
      'a',
      'b',
    ]);
    expect(await watch.next()).toMatchObject({
      type: 'BOOKMARK',
      object: {
        kind: 'ConfigMap',
        metadata: {
          resourceVersion: String(server.core.store.revision),
          annotations: { 'k8s.io/initial-events-end': 'true' },
        },
      },
    });
    await add('c');
    expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'c' } } });
    watch.end();
  });

  it('says 410 in the stream for a version that is gone', async () => {
    const { body } = await server.call('GET', PATH);
    for (let index = 0; index < 20; index += 1) await add(`x${index}`);
    const watch = await openWatch(server, `${PATH}?watch=1&resourceVersion=${body.metadata.resourceVersion}`);
    expect(await watch.next()).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
    expect(await watch.next()).toBeUndefined();
  });

  it('ends when its time is up, with a last bookmark', async () => {
    const watch = await openWatch(server, `${PATH}?watch=1&timeoutSeconds=1&allowWatchBookmarks=true`);
    expect(await watch.next()).toMatchObject({ type: 'BOOKMARK' });
    expect(await watch.next()).toBeUndefined();
  });

  it('lasts when it is to last for years', async () => {
    const watch = await openWatch(server, `${PATH}?watch=1&timeoutSeconds=999999999`);
    // Another one's second is over meanwhile.
    const short = await openWatch(server, `${PATH}?watch=1&timeoutSeconds=1`);
    expect(await short.next()).toBeUndefined();
    await add('a');
    expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'a' } } });
    watch.end();
  });

  it('tells of an object that leaves its selection as it was in it, with the version of the change', async () => {
    await server.call('POST', PATH, { metadata: { name: 'a', labels: { in: 'yes' } }, data: { x: '1' } });
    const { body } = await server.call('GET', PATH);
    const query = `watch=1&labelSelector=in%3Dyes&resourceVersion=${body.metadata.resourceVersion}`;
    const live = await openWatch(server, `${PATH}?${query}`);
    await server.call('PUT', `${PATH}/a`, { metadata: { name: 'a', labels: { in: 'no' } }, data: { x: '2' } });
    const resourceVersion = String(server.core.store.revision);
    const left = {
      type: 'DELETED',
      object: { metadata: { name: 'a', resourceVersion, labels: { in: 'yes' } }, data: { x: '1' } },
    };
    expect(await live.next()).toMatchObject(left);
    live.end();
    const later = await openWatch(server, `${PATH}?${query}`);
    expect(await later.next()).toMatchObject(left);
    later.end();
  });

  it('gives Tables to those who ask', async () => {
    const watch = await openWatch(server, `${PATH}?watch=1`, TABLE_V1);
    await add('a', { x: '1' });
    expect(await watch.next()).toMatchObject({
      type: 'ADDED',
      object: { kind: 'Table', rows: [{ cells: ['a', 1, '0s'] }] },
    });
    watch.end();
  });

  it('cuts off a watcher who does not read; the others miss nothing', async () => {
    const [slow, quick] = [await openWatch(server, `${PATH}?watch=1`), await openWatch(server, `${PATH}?watch=1`)];
    slow.pause();
    const megabyte = 'x'.repeat(1024 * 1024);
    const total = 40;
    for (let index = 0; index < total; index += 1) {
      const object = { metadata: { name: `big-${index}`, namespace: 'default' }, data: { megabyte } };
      await server.transport.create(CONFIG_MAP_TYPE, object as unknown as ConfigMap);
      expect((await quick.next())!.object.metadata.name).toBe(`big-${index}`);
    }
    quick.end();
    slow.resume();
    let read = 0;
    while ((await slow.next()) !== undefined) read += 1;
    expect(read).toBeLessThan(total);
  });
});

describe('a watch by its path', () => {
  const WATCHED = PATH.replace('/api/v1/', '/api/v1/watch/');

  it('is of the collection, or of the one object that is named', async () => {
    await add('a');
    await add('b');
    const all = await openWatch(server, `${WATCHED}?resourceVersion=0`);
    expect([(await all.next())?.object.metadata?.name, (await all.next())?.object.metadata?.name]).toEqual(['a', 'b']);
    all.end();
    const one = await openWatch(server, `${WATCHED}/b?resourceVersion=0`);
    expect(await one.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'b' } } });
    await server.call('DELETE', `${PATH}/a`);
    await server.call('DELETE', `${PATH}/b`);
    expect(await one.next()).toMatchObject({ type: 'DELETED', object: { metadata: { name: 'b' } } });
    one.end();
  });

  it('refuses a selector of another object, what cannot be watched, and what cannot be read', async () => {
    const other = await server.call('GET', `${WATCHED}/b?fieldSelector=metadata.name%3Da`);
    expect(other.body).toMatchObject({
      code: 400,
      message: "fieldSelector metadata.name doesn't match requested name",
    });
    expect((await server.call('GET', `${WATCHED}/b?fieldSelector=%3D%3D`)).status).toBe(400);
    expect((await server.call('GET', `${WATCHED}/b/status`)).status).toBe(404);
    expect((await server.call('POST', WATCHED, {})).status).toBe(405);
  });

  it('is not asked for by a parameter: one object is answered with, as Kubernetes does', async () => {
    await add('a');
    expect((await server.call('GET', `${PATH}/a?watch=1`)).body).toMatchObject({ kind: 'ConfigMap' });
  });
});
