import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWatch, startTestServer, TABLE_V1, type TestServer } from './fixture.ts';

const CORE = '/api/v1/namespaces/default/events';
const NEWER = '/apis/events.k8s.io/v1/namespaces/default/events';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const involvedObject = { kind: 'Pod', namespace: 'default', name: 'web', uid: 'u' };

function coreEvent(name: string, fields: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name },
    involvedObject,
    reason: 'Started',
    message: 'started it',
    source: { component: 'kubelet', host: 'node-1' },
    firstTimestamp: '2026-01-02T03:04:05Z',
    lastTimestamp: '2026-01-02T03:04:06Z',
    count: 2,
    type: 'Normal',
    ...fields,
  };
}

function newerEvent(name: string, fields: object = {}): object {
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name },
    regarding: involvedObject,
    reason: 'Scaled',
    note: 'scaled it',
    action: 'Scaling',
    type: 'Normal',
    eventTime: '2026-01-02T03:04:05.000000Z',
    reportingController: 'example.com/scaler',
    reportingInstance: 'scaler-0',
    ...fields,
  };
}

describe('events.k8s.io/v1', () => {
  it('shows what the core group has, under its own names', async () => {
    await server.call('POST', CORE, coreEvent('old'));
    const { body } = await server.call('GET', `${NEWER}/old`);
    expect(body).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: 'old', namespace: 'default' },
      regarding: involvedObject,
      note: 'started it',
      deprecatedSource: { component: 'kubelet', host: 'node-1' },
      deprecatedFirstTimestamp: '2026-01-02T03:04:05Z',
      deprecatedLastTimestamp: '2026-01-02T03:04:06Z',
      deprecatedCount: 2,
    });
    expect(body).not.toHaveProperty('message');
    expect(body).not.toHaveProperty('involvedObject');
  });

  it('what is written there is in the core group, under the same version', async () => {
    const made = await server.call('POST', NEWER, newerEvent('new'));
    expect(made.status).toBe(201);
    const { body } = await server.call('GET', `${CORE}/new`);
    expect(body).toMatchObject({
      apiVersion: 'v1',
      involvedObject,
      message: 'scaled it',
      reportingComponent: 'example.com/scaler',
      metadata: { uid: made.body.metadata.uid, resourceVersion: made.body.metadata.resourceVersion },
    });
  });

  it('patches go by its names, and reach the stored event', async () => {
    await server.call('POST', NEWER, newerEvent('series'));
    const series = { count: 2, lastObservedTime: '2026-01-02T03:05:05.000000Z' };
    const patched = await server.send(
      'PATCH',
      `${NEWER}/series`,
      JSON.stringify({ series }),
      'application/merge-patch+json',
    );
    expect([patched.status, patched.body.apiVersion, patched.body.series]).toEqual([200, 'events.k8s.io/v1', series]);
    expect((await server.call('GET', `${CORE}/series`)).body.series).toEqual(series);
    const refused = await server.send('PATCH', `${NEWER}/series`, '{"note":"other"}', 'application/merge-patch+json');
    expect(refused.body.message).toBe(
      'Event.events.k8s.io "series" is invalid: message: Invalid value: "other": field is immutable',
    );
  });

  it('a watch sees the changes of either, as one of the core group does', async () => {
    const [newer, core] = await Promise.all([
      openWatch(server, `${NEWER}?watch=1&resourceVersion=${server.core.store.revision}`),
      openWatch(server, `${CORE}?watch=1&resourceVersion=${server.core.store.revision}`),
    ]);
    await server.call('POST', CORE, coreEvent('watched'));
    await server.call('POST', NEWER, newerEvent('watched-too'));
    await server.call('DELETE', `${NEWER}/watched`);
    const seen = async (watch: typeof newer) => {
      const events = [await watch.next(), await watch.next(), await watch.next()];
      return events.map((event) => [
        event?.type,
        event?.object.apiVersion,
        event?.object.metadata.name,
        event?.object.metadata.resourceVersion,
      ]);
    };
    const [fromNewer, fromCore] = [await seen(newer), await seen(core)];
    expect(fromNewer.map(([type, version, name]) => [type, version, name])).toEqual([
      ['ADDED', 'events.k8s.io/v1', 'watched'],
      ['ADDED', 'events.k8s.io/v1', 'watched-too'],
      ['DELETED', 'events.k8s.io/v1', 'watched'],
    ]);
    expect(fromCore.map(([type, version, name]) => [type, version, name])).toEqual(
      fromNewer.map(([type, , name]) => [type, 'v1', name]),
    );
    expect(fromCore.map((event) => event[3])).toEqual(fromNewer.map((event) => event[3]));
    newer.end();
    core.end();
  });

  it('a watch that resumes gets what it missed', async () => {
    const since = server.core.store.revision;
    await server.call('POST', CORE, coreEvent('missed'));
    const watch = await openWatch(server, `${NEWER}?watch=1&resourceVersion=${since}`);
    expect((await watch.next())?.object).toMatchObject({ apiVersion: 'events.k8s.io/v1', note: 'started it' });
    watch.end();
  });

  it('lists in pages and by its own field selectors', async () => {
    const page = await server.call('GET', `${NEWER}?limit=1`);
    expect([page.body.kind, page.body.apiVersion, page.body.items.length]).toEqual([
      'EventList',
      'events.k8s.io/v1',
      1,
    ]);
    const next = await server.call('GET', `${NEWER}?limit=1&continue=${page.body.metadata.continue}`);
    expect(next.body.items[0].metadata.name).not.toBe(page.body.items[0].metadata.name);
    const chosen = await server.call(
      'GET',
      `${NEWER}?fieldSelector=regarding.name%3Dweb,reportingController%3Dexample.com/scaler`,
    );
    expect(chosen.body.items.map((item: { reason: string }) => item.reason)).toEqual(['Scaled', 'Scaled', 'Scaled']);
    const unknown = await server.call('GET', `${NEWER}?fieldSelector=involvedObject.name%3Dweb`);
    expect([unknown.status, unknown.body.message]).toEqual([
      400,
      expect.stringContaining('field label not supported: involvedObject.name'),
    ]);
  });

  it('has the columns kubectl users know', async () => {
    const { body } = await server.call('GET', `${NEWER}/old`, undefined, { Accept: TABLE_V1 });
    expect(body.columnDefinitions.map(({ name }: { name: string }) => name).slice(0, 4)).toEqual([
      'Last Seen',
      'Type',
      'Reason',
      'Object',
    ]);
    expect(body.rows[0].cells).toContain('started it');
  });

  it('is claimed through the group it was written by', async () => {
    const { body } = await server.call('POST', `${NEWER}?fieldManager=me`, newerEvent('claimed'));
    expect(body.metadata.managedFields[0]).toMatchObject({ manager: 'me', apiVersion: 'events.k8s.io/v1' });
    expect(body.metadata.managedFields[0].fieldsV1).toHaveProperty('f:note');
  });

  it.each([
    [{ eventTime: undefined }, 'eventTime: Required value'],
    [{ action: undefined }, 'action: Required value'],
    [{ reportingController: undefined }, 'reportingController: Required value'],
    [{ reportingInstance: 'x'.repeat(129) }, 'reportingInstance: Invalid value: "": can have at most 128 characters'],
    [{ note: 'x'.repeat(1025) }, 'message: Invalid value: "": can have at most 1024 characters'],
    [{ type: 'Odd' }, 'type: Invalid value: "": has invalid value: Odd'],
    [{ deprecatedCount: 1 }, 'count: Invalid value: "": needs to be unset'],
    [
      { series: { count: 1, lastObservedTime: '2026-01-02T03:05:05.000000Z' } },
      'series.count: Invalid value: "": should be at least 2',
    ],
    [
      { regarding: { kind: 'Node', name: 'n', namespace: 'other' }, eventTime: undefined },
      'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
    ],
  ])('refuses %j', async (fields, problem) => {
    const { status, body } = await server.call('POST', NEWER, newerEvent('refused', fields));
    expect([status, body.message]).toEqual([422, expect.stringContaining(problem)]);
  });

  it('is in discovery', async () => {
    const { body } = await server.call('GET', '/apis/events.k8s.io/v1');
    expect(body.resources).toMatchObject([{ name: 'events', kind: 'Event', namespaced: true, shortNames: ['ev'] }]);
  });
});
