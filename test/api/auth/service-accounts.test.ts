/** Service accounts over HTTP: admission of pods, tokens, what their holders may do, and when tokens end. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readToken, signToken } from '../../../src/api/auth/json-web-token.ts';
import { API_AUDIENCE, createSigningKey, ServiceAccountTokens } from '../../../src/api/auth/service-account-tokens.ts';
import { NAMESPACES, PODS, SERVICE_ACCOUNTS } from '../../../src/objects/resource.ts';
import type { Pod } from '../../../src/objects/wire.ts';
import { startTestServer, type TestServer } from '../http/fixture.ts';

const TOKENS = '/api/v1/namespaces/default/serviceaccounts/default/token';
const PLACE = '/var/run/secrets/kubernetes.io/serviceaccount';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

let count = 0;
async function createPod(spec: object = {}): Promise<Pod> {
  count += 1;
  const pod = {
    metadata: { name: `pod-${count}`, namespace: 'default' },
    spec: { containers: [{ name: 'main', image: 'nginx' }], ...spec },
  };
  return await server.transport.create(PODS, pod as Pod);
}

async function tokenFor(spec: object = {}, path = TOKENS): Promise<string> {
  const { status, body } = await server.call('POST', path, { spec });
  expect({ status, body }).toMatchObject({ status: 201 });
  return body.status.token;
}

const boundTo = ({ metadata }: Pod) => ({
  boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: metadata?.name, uid: metadata?.uid },
});
const as = (token: string) => ({ Authorization: `Bearer ${token}` });

describe('admission of a pod', () => {
  it('gives every container the token, the certificate and the namespace', async () => {
    const { spec } = await createPod({ initContainers: [{ name: 'first', image: 'busybox' }] });
    const volume = spec?.volumes?.at(-1);
    expect(volume?.name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
    expect(volume?.projected).toEqual({
      defaultMode: 420,
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
    });
    const mount = { name: volume?.name, mountPath: PLACE, readOnly: true };
    expect(spec?.containers[0]?.volumeMounts).toEqual([mount]);
    expect(spec?.initContainers?.[0]?.volumeMounts).toEqual([mount]);
  });

  it('leaves alone a pod or an account that wants none, and a container that has its own', async () => {
    expect((await createPod({ automountServiceAccountToken: false })).spec?.volumes).toBeUndefined();
    await server.transport.create(SERVICE_ACCOUNTS, {
      metadata: { name: 'quiet', namespace: 'default' },
      automountServiceAccountToken: false,
    });
    expect((await createPod({ serviceAccountName: 'quiet' })).spec?.volumes).toBeUndefined();
    const asked = await createPod({ serviceAccountName: 'quiet', automountServiceAccountToken: true });
    expect(asked.spec?.volumes).toHaveLength(1);
    const own = { name: 'main', image: 'nginx', volumeMounts: [{ name: 'own', mountPath: PLACE }] };
    const { spec } = await createPod({ containers: [own], volumes: [{ name: 'own', emptyDir: {} }] });
    expect(spec?.volumes).toEqual([{ name: 'own', emptyDir: {} }]);
  });

  it('refuses an account that is not there', async () => {
    await expect(createPod({ serviceAccountName: 'nobody' })).rejects.toMatchObject({
      code: 403,
      message: expect.stringMatching(
        /^pods "pod-\d+" is forbidden: error looking up service account default\/nobody: serviceaccount "nobody" not found$/,
      ),
    });
  });
});

describe('a token', () => {
  it('names its account and pod, and is its holder’s identity', async () => {
    const pod = await createPod();
    const token = await tokenFor(boundTo(pod));
    const review = await server.call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, as(token));
    expect(review.body.status.userInfo).toMatchObject({
      username: 'system:serviceaccount:default:default',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
      extra: {
        'authentication.kubernetes.io/pod-name': [pod.metadata?.name],
        'authentication.kubernetes.io/pod-uid': [pod.metadata?.uid],
      },
    });
    const tokenReview = await server.call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token } });
    expect(tokenReview.body.status).toMatchObject({
      authenticated: true,
      user: { username: 'system:serviceaccount:default:default' },
      audiences: [API_AUDIENCE],
    });
  });

  it('has an end, within Kubernetes’ bounds', async () => {
    const { body } = await server.call('POST', TOKENS, { spec: { expirationSeconds: 7200 } });
    const left = Date.parse(body.status.expirationTimestamp) - Date.now();
    expect(left).toBeGreaterThan(7_190_000);
    expect(left).toBeLessThan(7_201_000);
    const short = await server.call('POST', TOKENS, { spec: { expirationSeconds: 10 } });
    expect(short).toMatchObject({ status: 422 });
    expect(short.body.message).toContain(
      'spec.expirationSeconds: Invalid value: 10: may not specify a duration less than 10 minutes',
    );
  });

  it('ends with its pod, and is not that of another of the same name', async () => {
    const pod = await createPod();
    const token = await tokenFor(boundTo(pod));
    expect((await server.call('GET', '/api', undefined, as(token))).status).toBe(200);
    const key = { namespace: 'default', name: pod.metadata?.name ?? '' };
    await server.transport.delete(PODS, key, { gracePeriodSeconds: 0 });
    expect((await server.call('GET', '/api', undefined, as(token))).status).toBe(401);
    await server.transport.create(PODS, { metadata: key, spec: { containers: [{ name: 'main', image: 'nginx' }] } });
    expect((await server.call('GET', '/api', undefined, as(token))).status).toBe(401);
    const again = await server.call('POST', TOKENS, { spec: boundTo(pod) });
    expect(again.status).toBe(409);
  });

  it('ends with its account', async () => {
    await server.transport.create(SERVICE_ACCOUNTS, { metadata: { name: 'brief', namespace: 'default' } });
    const token = await tokenFor({}, TOKENS.replace('/default/token', '/brief/token'));
    expect((await server.call('GET', '/version', undefined, as(token))).status).toBe(200);
    await server.transport.delete(SERVICE_ACCOUNTS, { namespace: 'default', name: 'brief' });
    expect((await server.call('GET', '/version', undefined, as(token))).status).toBe(401);
  });

  it('is bound to no pod of another account, and to nothing that is not there', async () => {
    await server.transport.create(SERVICE_ACCOUNTS, { metadata: { name: 'other', namespace: 'default' } });
    const pod = await createPod({ serviceAccountName: 'other' });
    expect((await server.call('POST', TOKENS, { spec: boundTo(pod) })).body.message).toBe(
      'cannot bind token for serviceaccount "default" to pod running with different serviceaccount name.',
    );
    const gone = { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'gone' } };
    expect((await server.call('POST', TOKENS, { spec: gone })).status).toBe(404);
    const odd = { boundObjectRef: { apiVersion: 'v1', kind: 'Service', name: 'x' } };
    expect((await server.call('POST', TOKENS, { spec: odd })).status).toBe(400);
    expect((await server.call('POST', TOKENS.replace('/default/token', '/none/token'), {})).status).toBe(404);
  });

  it('for another audience is none for the API', async () => {
    const token = await tokenFor({ audiences: ['vault'] });
    expect((await server.call('GET', '/api', undefined, as(token))).status).toBe(401);
    const review = (audiences: string[]) =>
      server.call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token, audiences } });
    expect((await review(['vault'])).body.status).toMatchObject({ authenticated: true, audiences: ['vault'] });
    expect((await review(['other'])).body.status.authenticated).toBeUndefined();
  });

  it('that was tampered with is nobody’s', async () => {
    const token = await tokenFor();
    const [head = '', body = '', signature = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const forged = [
      [head, encode({ ...claims, sub: 'system:serviceaccount:kube-system:default' }), signature].join('.'),
      [encode({ alg: 'none' }), body, ''].join('.'),
      [encode({ alg: 'HS256' }), body, signature].join('.'),
      `${token}x`,
      `${token}.x`,
      signToken(claims, foreign, 'k'),
      'a.b.c',
    ];
    for (const each of forged) expect((await server.call('GET', '/api', undefined, as(each))).status).toBe(401);
  });
});

describe('the holder of a pod’s token', () => {
  it('may read discovery and ask about itself, and nothing else', async () => {
    const headers = as(await tokenFor());
    for (const path of ['/api', '/apis', '/api/v1', '/version', '/openapi/v3'])
      expect([path, (await server.call('GET', path, undefined, headers)).status]).toEqual([path, 200]);
    const list = await server.call('GET', '/api/v1/namespaces/default/pods', undefined, headers);
    expect(list).toMatchObject({ status: 403, body: { reason: 'Forbidden', details: { kind: 'pods' } } });
    expect(list.body.message).toBe(
      'pods is forbidden: User "system:serviceaccount:default:default" cannot list resource "pods" in API group "" in the namespace "default"',
    );
    const exec = await server.call('POST', '/api/v1/namespaces/default/pods/web/exec?command=sh', undefined, headers);
    expect(exec.body.message).toBe(
      'pods "web" is forbidden: User "system:serviceaccount:default:default" cannot create resource "pods/exec" in API group "" in the namespace "default"',
    );
    const nodes = await server.call('GET', '/api/v1/nodes?watch=true', undefined, headers);
    expect(nodes.body.message).toContain('cannot watch resource "nodes" in API group "" at the cluster scope');
    expect((await server.call('POST', TOKENS, {}, headers)).status).toBe(403);
    const may = await server.call(
      'POST',
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      { spec: { resourceAttributes: { verb: 'list', resource: 'pods', namespace: 'default' } } },
      headers,
    );
    expect(may.body.status).toMatchObject({ allowed: false });
  });

  it('may do everything when the account is of kube-system', async () => {
    await server.transport.create(NAMESPACES, { metadata: { name: 'kube-system' } });
    const token = await tokenFor({}, '/api/v1/namespaces/kube-system/serviceaccounts/default/token');
    expect((await server.call('GET', '/api/v1/pods', undefined, as(token))).status).toBe(200);
  });
});

describe('the signing key', () => {
  it('kept by its owner, lets tokens outlive the server', () => {
    const key = createSigningKey();
    const account = { metadata: { name: 'default', namespace: 'x', uid: 'u' } };
    const find = () => account as never;
    const order = {
      namespace: 'x',
      serviceAccount: account as never,
      audiences: [API_AUDIENCE],
      expirationSeconds: 600,
    };
    const { token } = new ServiceAccountTokens(find, key).issue(order);
    expect(new ServiceAccountTokens(find, key).identify(token)?.username).toBe('system:serviceaccount:x:default');
    expect(new ServiceAccountTokens(find).identify(token)).toBeUndefined();
    expect(readToken(token, createPublicKey(key))).toMatchObject({ iss: API_AUDIENCE });
    const ended = new ServiceAccountTokens(find, key).issue({ ...order, expirationSeconds: -1 });
    expect(new ServiceAccountTokens(find, key).identify(ended.token)).toBeUndefined();
  });
});
