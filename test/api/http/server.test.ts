import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMap, SERVICE, startTestServer, TABLE_V1, type TestServer } from './fixture.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const SERVICES = '/api/v1/namespaces/default/services';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

describe('access', () => {
  it('asks for a token, and takes no other', async () => {
    const none = await fetch(`http://127.0.0.1:${server.port}/api/v1/namespaces`);
    expect(none.status).toBe(401);
    expect(await none.json()).toMatchObject({ kind: 'Status', reason: 'Unauthorized', code: 401 });
    const wrong = await server.call('GET', '/api/v1/namespaces', undefined, { Authorization: 'Bearer secret-tokem' });
    expect(wrong.status).toBe(401);
  });

  it('tells version and health to everyone', async () => {
    for (const path of ['/version', '/healthz', '/livez', '/readyz']) {
      expect((await fetch(`http://127.0.0.1:${server.port}${path}`)).status).toBe(200);
    }
    expect((await server.call('GET', '/version')).body).toMatchObject({
      major: '1',
      minor: '36',
      gitVersion: 'v1.36.0',
    });
  });

  it('says who one is and what one may do', async () => {
    const who = await server.call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'SelfSubjectReview',
    });
    expect(who.body.status.userInfo).toEqual({ username: 'admin', groups: ['system:masters', 'system:authenticated'] });
    const may = await server.call('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb: 'create', resource: 'pods' } },
    });
    expect(may.body.status.allowed).toBe(true);
  });
});

describe('paths', () => {
  it.each([
    ['GET', '/nowhere', 404],
    ['GET', '/api/v2', 404],
    ['GET', '/apis/apps/v9/deployments', 404],
    ['GET', '/api/v1/namespaces/default/widgets', 404],
    ['GET', '/api/v1/namespaces/default/services/none', 404],
    ['GET', '/api/v1/namespaces/default/services/none/exec', 404],
    ['POST', '/api/v1/services', 405],
    ['PUT', '/api/v1/namespaces', 405],
    ['GET', '/api/v1/namespaces/%zz/services', 400],
    ['GET', '/api/v1/namespaces/default/nodes', 404],
  ])('%s %s → %i', async (method, path, code) => {
    const { status, body } = await server.call(method, path);
    expect(status).toBe(code);
    expect(body).toMatchObject({ kind: 'Status', status: 'Failure', code });
  });
});

describe('objects over HTTP', () => {
  it('create, get, replace, patch, delete', async () => {
    const created = await server.call('POST', SERVICES, SERVICE);
    expect(created.status).toBe(201);
    expect(created.body.spec.clusterIP).toMatch(/^10\./);
    const got = await server.call('GET', `${SERVICES}/web`);
    expect(got.body).toEqual(created.body);
    const replaced = await server.call('PUT', `${SERVICES}/web`, {
      ...got.body,
      metadata: { ...got.body.metadata, labels: { a: 'b' } },
    });
    expect(replaced.status).toBe(200);
    expect(replaced.body.metadata.labels).toEqual({ a: 'b' });
    const stale = await server.call('PUT', `${SERVICES}/web`, got.body);
    expect(stale.body.message).toBe(
      'Operation cannot be fulfilled on services "web": the object has been modified; please apply your changes to the latest version and try again',
    );
    const patch = JSON.stringify({
      spec: {
        ports: [
          { port: 81, name: 'more' },
          { port: 80, name: 'web' },
        ],
      },
    });
    const patched = await server.send('PATCH', `${SERVICES}/web`, patch, 'application/strategic-merge-patch+json');
    expect(patched.body.spec.ports.map(({ port }: { port: number }) => port).sort()).toEqual([80, 81]);
    const json = JSON.stringify([{ op: 'replace', path: '/metadata/labels/a', value: 'c' }]);
    const jsonPatched = await server.send('PATCH', `${SERVICES}/web`, json, 'application/json-patch+json');
    expect(jsonPatched.body.metadata.labels).toEqual({ a: 'c' });
    const deleted = await server.call('DELETE', `${SERVICES}/web`);
    expect(deleted.body).toMatchObject({
      status: 'Success',
      details: { name: 'web', kind: 'services', uid: got.body.metadata.uid },
    });
    expect((await server.call('GET', `${SERVICES}/web`)).body.message).toBe('services "web" not found');
  });

  it('reads YAML, writes YAML', async () => {
    const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata:\n  a: "1"\n';
    expect((await server.send('POST', CONFIG_MAPS, yaml, 'application/yaml')).status).toBe(201);
    const { text } = await server.call('GET', `${CONFIG_MAPS}/yaml`, undefined, { Accept: 'application/yaml' });
    expect(text).toContain('kind: ConfigMap\n');
  });

  it('stores nothing on dryRun=All, and refuses another value', async () => {
    expect((await server.call('POST', `${CONFIG_MAPS}?dryRun=All`, configMap('dry'))).status).toBe(201);
    expect((await server.call('GET', `${CONFIG_MAPS}/dry`)).status).toBe(404);
    const wrong = await server.call('POST', `${CONFIG_MAPS}?dryRun=Some`, configMap('dry'));
    expect(wrong.body.message).toContain('dryRun: Unsupported value: "Some": supported values: "All"');
  });

  it('deletes a selection of a collection', async () => {
    for (const [name, group] of [
      ['d1', 'x'],
      ['d2', 'x'],
      ['d3', 'y'],
    ] as const) {
      await server.call('POST', CONFIG_MAPS, configMap(name, {}, { group }));
    }
    const { body } = await server.call('DELETE', `${CONFIG_MAPS}?labelSelector=group%3Dx`);
    expect(body.items).toHaveLength(2);
    const left = await server.call('GET', `${CONFIG_MAPS}?labelSelector=group`);
    expect(left.body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual(['d3']);
  });

  it('scales through the subresource', async () => {
    const deployments = '/apis/apps/v1/namespaces/default/deployments';
    await server.call('POST', deployments, {
      metadata: { name: 'web' },
      spec: {
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
      },
    });
    const scale = await server.call('GET', `${deployments}/web/scale`);
    expect(scale.body).toMatchObject({ kind: 'Scale', spec: { replicas: 1 }, status: { selector: 'app=web' } });
    const patch = JSON.stringify({ spec: { replicas: 5 } });
    const patched = await server.send('PATCH', `${deployments}/web/scale`, patch, 'application/merge-patch+json');
    expect(patched.body.spec.replicas).toBe(5);
    const { body } = await server.call('GET', `${deployments}/web`);
    expect([body.spec.replicas, body.metadata.generation]).toEqual([5, 2]);
  });
});

describe('refused bodies', () => {
  it.each([
    ['another kind', { ...SERVICE, kind: 'Pod' }, 400, 'Pod in version "v1" cannot be handled as a Service'],
    [
      'another version',
      { ...SERVICE, apiVersion: 'v2' },
      400,
      'the API version in the data (v2) does not match the expected API version (v1)',
    ],
    [
      'another namespace',
      { ...SERVICE, metadata: { name: 'x', namespace: 'other' } },
      400,
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    [
      'a wrong type',
      { ...SERVICE, spec: { ports: [{ port: 'eighty' }] } },
      400,
      'Service in version "v1" cannot be handled as a Service: json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32',
    ],
    ['a list', [], 400, 'the object provided is unrecognized (must be of type Service)'],
    [
      'a bad nodePort',
      { ...SERVICE, spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] } },
      422,
      'spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    ],
  ])('%s', async (_what, body, code, message) => {
    const answer = await server.call('POST', SERVICES, body);
    expect(answer.status).toBe(code);
    expect(answer.body.message).toContain(message);
  });

  it('broken JSON and broken YAML', async () => {
    expect((await server.send('POST', SERVICES, '{"a"', 'application/json')).body.message).toContain(
      'json parse error',
    );
    expect((await server.send('POST', SERVICES, 'a: [', 'application/yaml')).body.message).toContain(
      'error converting YAML',
    );
  });

  it('too large: 413, and the connection is of no further use', async () => {
    const answer = await server.send('POST', CONFIG_MAPS, 'x'.repeat(3 * 1024 * 1024 + 1), 'application/json');
    expect(answer.status).toBe(413);
    expect(answer.headers.get('connection')).toBe('close');
  });

  it('media types: 415 for bodies and patches, 406 for answers', async () => {
    expect((await server.send('POST', SERVICES, 'a', 'application/cbor')).status).toBe(415);
    expect((await server.send('PATCH', `${SERVICES}/x`, '{}', 'application/json')).status).toBe(415);
    const protobuf = { Accept: 'application/vnd.kubernetes.protobuf' };
    expect((await server.call('GET', SERVICES, undefined, protobuf)).status).toBe(406);
    const both = { Accept: 'application/vnd.kubernetes.protobuf,application/json' };
    expect((await server.call('GET', SERVICES, undefined, both)).status).toBe(200);
  });
});

describe('field validation', () => {
  const odd = { ...configMap('odd'), spec: { x: 1 }, metadata: { name: 'odd', lables: {} } };
  const problems = ['unknown field "metadata.lables"', 'unknown field "spec"'];

  it('warns by default, and drops what it does not know', async () => {
    const { status, headers, body } = await server.call('POST', `${CONFIG_MAPS}?dryRun=All`, odd);
    expect(status).toBe(201);
    for (const problem of problems)
      expect(headers.get('warning')).toContain(`299 - "${problem.replaceAll('"', '\\"')}"`);
    expect(body.spec).toBeUndefined();
  });

  it('Strict refuses, Ignore is silent', async () => {
    const strict = await server.call('POST', `${CONFIG_MAPS}?fieldValidation=Strict`, odd);
    expect(strict.status).toBe(400);
    expect(strict.body.message).toContain('strict decoding error: ');
    for (const problem of problems) expect(strict.body.message).toContain(problem);
    const silent = await server.call('POST', `${CONFIG_MAPS}?fieldValidation=Ignore&dryRun=All`, odd);
    expect(silent.headers.get('warning')).toBeNull();
  });

  it('meets a field given twice as an unknown one', async () => {
    const twice = '{"metadata":{"name":"twice"},"data":{"a":"1"},"data":{"a":"2"}}';
    const strict = await server.send('POST', `${CONFIG_MAPS}?fieldValidation=Strict`, twice, 'application/json');
    expect(strict.body.message).toContain('strict decoding error: duplicate field "data"');
    const warned = await server.send('POST', `${CONFIG_MAPS}?dryRun=All`, twice, 'application/json');
    expect(warned.headers.get('warning')).toContain('duplicate field');
    expect(warned.body.data).toEqual({ a: '2' });
  });

  it('warns of a deprecated resource', async () => {
    const { headers } = await server.call('GET', '/api/v1/endpoints');
    expect(headers.get('warning')).toContain(
      'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
    );
  });

  it('makes no other kind of an object by a patch', async () => {
    await server.call('POST', CONFIG_MAPS, configMap('kept'));
    const patch = (type: string) =>
      server.send('PATCH', `${CONFIG_MAPS}/kept`, '{"kind":"Pod","data":{"by":"patch"}}', `application/${type}+json`);
    expect((await patch('merge-patch')).body).toMatchObject({
      code: 422,
      message: ' "" is invalid: patch: Invalid value: "Pod": no kind "Pod" is registered for version "v1"',
    });
    expect((await patch('strategic-merge-patch')).body).toMatchObject({ kind: 'ConfigMap', data: { by: 'patch' } });
  });

  it('refuses a misspelt field in a patch in the words for patches', async () => {
    await server.call('POST', CONFIG_MAPS, configMap('patched'));
    const path = `${CONFIG_MAPS}/patched?fieldValidation=Strict`;
    const { body } = await server.send('PATCH', path, '{"dta":{"a":"b"}}', 'application/merge-patch+json');
    expect(body.message).toBe(
      ' "" is invalid: patch: Invalid value: "map[dta:map[a:b]]": strict decoding error: unknown field "dta"',
    );
  });
});

describe('forms of the answer', () => {
  it('Table: the columns of the kind, and metadata of each row', async () => {
    await server.call('POST', CONFIG_MAPS, configMap('tabled', { a: '1', b: '2' }));
    const { body } = await server.call('GET', `${CONFIG_MAPS}?fieldSelector=metadata.name%3Dtabled`, undefined, {
      Accept: TABLE_V1,
    });
    expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    expect(body.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual(['Name', 'Data', 'Age']);
    expect(body.rows[0].cells.slice(0, 2)).toEqual(['tabled', 2]);
    expect(body.rows[0].object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'tabled' } });
    const beta = { Accept: 'application/json;as=Table;v=v1beta1;g=meta.k8s.io' };
    const whole = await server.call('GET', `${CONFIG_MAPS}/tabled?includeObject=Object`, undefined, beta);
    expect(whole.body).toMatchObject({ apiVersion: 'meta.k8s.io/v1beta1', rows: [{ object: { data: { a: '1' } } }] });
  });

  it('PartialObjectMetadata, of one and of many', async () => {
    const one = { Accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' };
    const many = { Accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' };
    const object = await server.call('GET', '/api/v1/namespaces/default', undefined, one);
    expect(Object.keys(object.body).sort()).toEqual(['apiVersion', 'kind', 'metadata']);
    const list = await server.call('GET', '/api/v1/namespaces', undefined, many);
    expect(list.body).toMatchObject({ kind: 'PartialObjectMetadataList', items: [{ kind: 'PartialObjectMetadata' }] });
  });
});

describe('discovery', () => {
  const aggregated = {
    Accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json',
  };

  it('aggregated and older form name the same resources', async () => {
    const { body } = await server.call('GET', '/apis', undefined, aggregated);
    expect(body).toMatchObject({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' });
    const apps = body.items.find(({ metadata }: { metadata: { name: string } }) => metadata.name === 'apps');
    const names = apps.versions[0].resources.map(({ resource }: { resource: string }) => resource);
    const older = await server.call('GET', '/apis/apps/v1');
    const olderNames = older.body.resources.map(({ name }: { name: string }) => name);
    expect(olderNames.filter((name: string) => !name.includes('/'))).toEqual(names);
    expect(olderNames).toContain('deployments/scale');
    const groups = await server.call('GET', '/apis');
    expect(groups.body.kind).toBe('APIGroupList');
    expect((await server.call('GET', '/apis/apps')).body).toMatchObject({
      preferredVersion: { groupVersion: 'apps/v1' },
    });
    expect((await server.call('GET', '/api')).body).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
  });

  it('has the group of evictions, which old and new clients ask for', async () => {
    expect((await server.call('GET', '/apis/policy')).body).toMatchObject({
      preferredVersion: { groupVersion: 'policy/v1' },
    });
    for (const version of ['v1', 'v1beta1']) {
      const name = `leaves-${version}`;
      const spec = { containers: [{ name: 'main', image: 'nginx' }] };
      await server.call('POST', '/api/v1/namespaces/default/pods', { metadata: { name }, spec });
      const eviction = { apiVersion: `policy/${version}`, kind: 'Eviction', metadata: { name } };
      const path = `/api/v1/namespaces/default/pods/${name}`;
      expect((await server.call('POST', `${path}/eviction`, eviction)).status).toBe(201);
      expect((await server.call('GET', path)).status).toBe(404);
    }
  });

  it('tells short names and scopes', async () => {
    const { body } = await server.call('GET', '/api', undefined, aggregated);
    const services = body.items[0].versions[0].resources.find(
      ({ resource }: { resource: string }) => resource === 'services',
    );
    expect(services).toMatchObject({ scope: 'Namespaced', singularResource: 'service', shortNames: ['svc'] });
  });
});
