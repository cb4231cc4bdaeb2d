import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SERVICES } from '../../../src/objects/resource.ts';
import { configMap, startTestServer, type TestServer } from './fixture.ts';

const APPLY = 'application/apply-patch+yaml';
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const apply = (path: string, config: object, query = 'fieldManager=test') =>
  server.send('PATCH', `${path}?${query}`, JSON.stringify(config), APPLY);

/** `manager Operation` of each claim. */
const managers = (body: {
  metadata: { managedFields?: { manager: string; operation: string; subresource?: string }[] };
}) =>
  (body.metadata.managedFields ?? []).map(({ manager, operation, subresource }) =>
    [manager, operation, subresource].filter((part) => part !== undefined).join(' '),
  );

function deployment(name: string, replicas?: number, cpu = '500m') {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'a', image: 'nginx', resources: { requests: { cpu } } }] },
      },
    },
  };
}

describe('apply', () => {
  it('makes the object when there is none: 201, with defaults; then 200', async () => {
    const made = await apply(`${DEPLOYMENTS}/web`, deployment('web', undefined, '0.5'));
    expect(made.status).toBe(201);
    expect(made.body.spec).toMatchObject({ replicas: 1, revisionHistoryLimit: 10 });
    expect(made.body.spec.template.spec.containers[0].resources.requests.cpu).toBe('500m');
    expect(managers(made.body)).toEqual(['test Apply']);
    const again = await apply(`${DEPLOYMENTS}/web`, deployment('web', undefined, '0.5'));
    expect(again.status).toBe(200);
    expect(again.body).toEqual(made.body);
  });

  it('the same configuration again writes nothing, whatever the time', async () => {
    await apply(`${CONFIG_MAPS}/same`, configMap('same', { a: '1' }));
    const before = server.core.store.revision;
    expect((await apply(`${CONFIG_MAPS}/same`, configMap('same', { a: '1' }))).status).toBe(200);
    expect(server.core.store.revision).toBe(before);
  });

  it('claims without a change are written', async () => {
    await apply(`${CONFIG_MAPS}/shared`, configMap('shared', { a: '1' }), 'fieldManager=one');
    const shared = await apply(`${CONFIG_MAPS}/shared`, configMap('shared', { a: '1' }), 'fieldManager=two');
    expect(managers(shared.body)).toEqual(['two Apply', 'one Apply']);
    expect(managers((await server.call('GET', `${CONFIG_MAPS}/shared`)).body)).toEqual(['two Apply', 'one Apply']);
  });

  it('a dry run answers what would be, and stores nothing', async () => {
    const dry = await apply(`${CONFIG_MAPS}/dry`, configMap('dry', { a: '1' }), 'fieldManager=test&dryRun=All');
    expect([dry.status, dry.body.data]).toEqual([201, { a: '1' }]);
    expect((await server.call('GET', `${CONFIG_MAPS}/dry`)).status).toBe(404);
    await apply(`${CONFIG_MAPS}/dry`, configMap('dry', { a: '1' }));
    expect(
      (await apply(`${CONFIG_MAPS}/dry`, configMap('dry', { b: '1' }), 'fieldManager=test&dryRun=All')).body.data,
    ).toEqual({ b: '1' });
    expect((await server.call('GET', `${CONFIG_MAPS}/dry`)).body.data).toEqual({ a: '1' });
  });

  it('conflicts: 409 with causes; force takes the fields', async () => {
    await apply(`${DEPLOYMENTS}/fought`, deployment('fought', 2), 'fieldManager=one');
    const refused = await apply(`${DEPLOYMENTS}/fought`, deployment('fought', 3), 'fieldManager=two');
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "one": .spec.replicas',
      details: { causes: [{ reason: 'FieldManagerConflict', field: '.spec.replicas' }] },
    });
    const forced = await apply(`${DEPLOYMENTS}/fought`, deployment('fought', 3), 'fieldManager=two&force=true');
    expect([forced.status, forced.body.spec.replicas, forced.body.metadata.generation]).toEqual([200, 3, 2]);
  });

  it('YAML is read as well', async () => {
    const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yaml}\ndata:\n  a: "1" # a comment\n';
    const made = await server.send('PATCH', `${CONFIG_MAPS}/yaml?fieldManager=test`, yaml, APPLY);
    expect([made.status, made.body.data]).toEqual([201, { a: '1' }]);
  });

  it('keys given twice are refused or warned of', async () => {
    const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: twice}\ndata:\n  a: "1"\n  a: "2"\n';
    const send = (validation: string, text = yaml) =>
      server.send('PATCH', `${CONFIG_MAPS}/twice?fieldManager=test&fieldValidation=${validation}`, text, APPLY);
    const refused = await send('Strict');
    expect([refused.status, refused.body.message]).toEqual([
      400,
      'error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 6: key "a" already set in map',
    ]);
    expect((await send('Warn')).headers.get('warning')).toBe('299 - "line 6: key \\"a\\" already set in map"');
    const json = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"twice"},"data":{"a":"1","a":"3"}}';
    expect((await send('Strict', json)).body.message).toContain('line 1: key "a" already set in map');
    expect((await send('Ignore', json)).body.data).toEqual({ a: '3' });
  });

  it('status has its own claims', async () => {
    await apply(`${DEPLOYMENTS}/status`, deployment('status'));
    const status = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'status' }, status: { replicas: 4 } };
    const done = await apply(`${DEPLOYMENTS}/status/status`, status, 'fieldManager=controller');
    expect([done.status, done.body.status.replicas]).toEqual([200, 4]);
    expect(managers(done.body)).toEqual(['controller Apply status', 'test Apply'].sort());
    const other = await apply(`${DEPLOYMENTS}/none/status`, { ...status, metadata: { name: 'none' } });
    expect(other.status).toBe(404);
  });
});

describe('refused', () => {
  const cm = (fields: object = {}) => ({ ...configMap('x', { a: '1' }), ...fields });
  const cases: [string, object, string, number, string][] = [
    [
      'no manager',
      cm(),
      '',
      422,
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    ],
    [
      'a long manager',
      cm(),
      `fieldManager=${'x'.repeat(129)}`,
      422,
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than 128 bytes',
    ],
    [
      'a manager that cannot be printed',
      cm(),
      'fieldManager=a%07b',
      422,
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Invalid value: "a\\u0007b": should only contain printable characters',
    ],
    ['another kind', cm({ kind: 'Secret' }), 'fieldManager=t', 400, 'invalid object type: /v1, Kind=Secret'],
    [
      'another version',
      cm({ apiVersion: 'apps/v1' }),
      'fieldManager=t',
      400,
      'invalid object type: apps/v1, Kind=ConfigMap',
    ],
    [
      'another name',
      cm({ metadata: { name: 'y' } }),
      'fieldManager=t',
      400,
      'the name of the object (y) does not match the name on the URL (x)',
    ],
    [
      'another namespace',
      cm({ metadata: { name: 'x', namespace: 'y' } }),
      'fieldManager=t',
      400,
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    [
      'claims',
      cm({ metadata: { name: 'x', managedFields: [] } }),
      'fieldManager=t',
      400,
      'metadata.managedFields must be nil',
    ],
    [
      'an unknown field',
      cm({ datta: {} }),
      'fieldManager=t',
      500,
      'failed to create typed patch object (default/x; /v1, Kind=ConfigMap): .datta: field not declared in schema',
    ],
    [
      'the uid of an object that is gone',
      cm({ metadata: { name: 'x', uid: 'u' } }),
      'fieldManager=t',
      409,
      'Operation cannot be fulfilled on configmaps "x": uid mismatch: the provided object specified uid u, and no existing object was found',
    ],
    ['no object', [], 'fieldManager=t', 400, 'error decoding YAML: the configuration is no object'],
  ];
  it.each(cases)('%s', async (_name, config, query, code, message) => {
    const { status, body } = await apply(`${CONFIG_MAPS}/x`, config, query);
    expect([status, body.message]).toEqual([code, message]);
  });

  it('what is no YAML', async () => {
    const { status, body } = await server.send('PATCH', `${CONFIG_MAPS}/x?fieldManager=t`, 'a: [', APPLY);
    expect([status, body.message.slice(0, 20)]).toEqual([400, 'error decoding YAML:']);
  });

  it('force without apply', async () => {
    const { status, body } = await server.send(
      'PATCH',
      `${CONFIG_MAPS}/x?force=true`,
      '{}',
      'application/merge-patch+json',
    );
    expect([status, body.message]).toEqual([
      422,
      'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    ]);
  });

  it('an older resourceVersion, and another uid', async () => {
    await apply(`${CONFIG_MAPS}/old`, configMap('old', { a: '1' }));
    const stale = await apply(`${CONFIG_MAPS}/old`, {
      ...configMap('old', { a: '2' }),
      metadata: { name: 'old', resourceVersion: '1' },
    });
    expect([stale.status, stale.body.message]).toEqual([
      409,
      'Operation cannot be fulfilled on configmaps "old": the object has been modified; please apply your changes to the latest version and try again',
    ]);
    const other = await apply(`${CONFIG_MAPS}/old`, {
      ...configMap('old', { a: '2' }),
      metadata: { name: 'old', uid: 'u' },
    });
    expect([other.status, other.body.message]).toEqual([
      409,
      expect.stringContaining('Precondition failed: UID in precondition: u'),
    ]);
  });
});

describe('claims of other writes', () => {
  const user = (agent: string) => ({ 'User-Agent': agent });

  it('are in the name of the program, or of the parameter', async () => {
    const agents: [string, string][] = [
      ['kubectl/v1.33.0 (linux/amd64) kubernetes/abc', 'kubectl'],
      ['Go-http-client/1.1', 'Go-http-client'],
      ['curl', 'curl'],
      ['/x', 'unknown'],
    ];
    for (const [index, [agent, manager]] of agents.entries()) {
      const { body } = await server.call('POST', CONFIG_MAPS, configMap(`agent-${index}`, { a: '1' }), user(agent));
      expect(managers(body)).toEqual([`${manager} Update`]);
    }
    const named = await server.call(
      'POST',
      `${CONFIG_MAPS}?fieldManager=me`,
      configMap('named', { a: '1' }),
      user('x/1'),
    );
    expect(managers(named.body)).toEqual(['me Update']);
  });

  it('come with updates and patches of all kinds, and scale', async () => {
    await server.call('POST', `${DEPLOYMENTS}?fieldManager=maker`, deployment('tracked'));
    const current = (await server.call('GET', `${DEPLOYMENTS}/tracked`)).body;
    await server.call('PUT', `${DEPLOYMENTS}/tracked?fieldManager=put`, {
      ...current,
      metadata: { ...current.metadata, labels: { a: 'b' } },
    });
    await server.send(
      'PATCH',
      `${DEPLOYMENTS}/tracked?fieldManager=merge`,
      '{"spec":{"paused":true}}',
      'application/merge-patch+json',
    );
    await server.send(
      'PATCH',
      `${DEPLOYMENTS}/tracked?fieldManager=strategic`,
      '{"spec":{"minReadySeconds":3}}',
      'application/strategic-merge-patch+json',
    );
    await server.send(
      'PATCH',
      `${DEPLOYMENTS}/tracked?fieldManager=json`,
      '[{"op":"add","path":"/metadata/annotations","value":{"x":"y"}}]',
      'application/json-patch+json',
    );
    await server.send(
      'PATCH',
      `${DEPLOYMENTS}/tracked/scale?fieldManager=scaler`,
      '{"spec":{"replicas":7}}',
      'application/merge-patch+json',
    );
    const { body } = await server.call('GET', `${DEPLOYMENTS}/tracked`);
    expect(managers(body).sort()).toEqual([
      'json Update',
      'maker Update',
      'merge Update',
      'put Update',
      'scaler Update scale',
      'strategic Update',
    ]);
    const refused = await apply(`${DEPLOYMENTS}/tracked`, deployment('tracked', 1));
    expect(refused.body.message).toBe(
      'Apply failed with 1 conflict: conflict with "scaler" with subresource "scale" using apps/v1: .spec.replicas',
    );
  });

  it('one empty entry clears them, an empty list does not', async () => {
    await server.call('POST', CONFIG_MAPS, configMap('cleared', { a: '1' }), user('x/1'));
    const replace = (value: unknown) =>
      server.send(
        'PATCH',
        `${CONFIG_MAPS}/cleared`,
        JSON.stringify([{ op: 'replace', path: '/metadata/managedFields', value }]),
        'application/json-patch+json',
      );
    expect(managers((await replace([])).body)).toEqual(['x Update']);
    expect((await replace([{}])).body.metadata.managedFields).toBeUndefined();
    const later = await server.send(
      'PATCH',
      `${CONFIG_MAPS}/cleared`,
      '{"data":{"b":"1"}}',
      'application/merge-patch+json',
    );
    expect(later.body.metadata.managedFields).toBeUndefined();
    const applied = await apply(`${CONFIG_MAPS}/cleared`, configMap('cleared', { a: '1' }));
    expect(managers(applied.body)).toEqual(['test Apply', 'before-first-apply Update']);
  });

  it('a status update cannot touch them', async () => {
    await server.call('POST', `${DEPLOYMENTS}?fieldManager=maker`, deployment('guarded'));
    const current = (await server.call('GET', `${DEPLOYMENTS}/guarded`)).body;
    const stolen = { ...current, metadata: { ...current.metadata, managedFields: [{}] }, status: { replicas: 2 } };
    const { body } = await server.call('PUT', `${DEPLOYMENTS}/guarded/status?fieldManager=thief`, stolen);
    expect(managers(body)).toEqual(['maker Update', 'thief Update status']);
  });

  it('components in the process are tracked in their name', async () => {
    const made = await server.transport.create(SERVICES, {
      metadata: { name: 'inner', namespace: 'default' },
      spec: { ports: [{ port: 80 }] },
    } as never);
    expect(managers(made as never)).toEqual(['kube-controller-manager Update']);
    const named = await server.transport.update(
      SERVICES,
      { ...made, metadata: { ...made.metadata, labels: { a: 'b' } } } as never,
      { fieldManager: 'kube-scheduler' },
    );
    expect(managers(named as never).sort()).toEqual(['kube-controller-manager Update', 'kube-scheduler Update']);
  });
});

describe('apply through scale', () => {
  const scaleTo = (name: string, replicas: number) => ({
    ...{ apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name }, spec: { replicas } },
  });
  const applyScale = (name: string, replicas: number, query = 'fieldManager=scaler') =>
    apply(`${DEPLOYMENTS}/${name}/scale`, scaleTo(name, replicas), query);

  it('claims the replicas of the object, and answers with its Scale', async () => {
    await apply(`${DEPLOYMENTS}/scaled`, deployment('scaled'));
    const answer = await applyScale('scaled', 4);
    expect(answer).toMatchObject({ status: 200, body: { kind: 'Scale', spec: { replicas: 4 } } });
    const { body } = await server.call('GET', `${DEPLOYMENTS}/scaled`);
    expect(body.spec.replicas).toBe(4);
    const claim = body.metadata.managedFields.find(({ manager }: { manager: string }) => manager === 'scaler');
    expect(claim).toMatchObject({
      ...{ operation: 'Apply', apiVersion: 'apps/v1', subresource: 'scale' },
      fieldsV1: { 'f:spec': { 'f:replicas': {} } },
    });
    expect(body.spec.template.spec.containers).toHaveLength(1);
  });

  it('is refused what others claim, unless it takes it', async () => {
    await apply(`${DEPLOYMENTS}/claimed`, deployment('claimed', 2));
    expect((await applyScale('claimed', 5)).body).toMatchObject({
      code: 409,
      message: 'Apply failed with 1 conflict: conflict with "test": .spec.replicas',
    });
    expect((await applyScale('claimed', 5, 'fieldManager=scaler&force=true')).body.spec.replicas).toBe(5);
  });

  it('refuses what is no Scale, and what is not there', async () => {
    await apply(`${DEPLOYMENTS}/odd`, deployment('odd'));
    expect((await applyScale('odd', -1)).body.message).toContain('must be greater than or equal to 0');
    expect((await applyScale('nothing', 1)).status).toBe(404);
    expect((await apply(`${DEPLOYMENTS}/odd/scale`, deployment('odd'))).body.message).toBe(
      'invalid object type: apps/v1, Kind=Deployment',
    );
    expect((await apply(`${DEPLOYMENTS}/odd/scale`, scaleTo('other', 1))).status).toBe(400);
    expect((await applyScale('odd', 1, '')).status).toBe(422);
  });
});
