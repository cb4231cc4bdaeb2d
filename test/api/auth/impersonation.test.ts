import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actingUser } from '../../../src/api/auth/impersonation.ts';
import { startTestServer, type TestServer } from '../http/fixture.ts';

const admin = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
const podUser = {
  username: 'system:serviceaccount:shop:default',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
};

describe('actingUser', () => {
  it('is who asks without the headers', () => {
    expect(actingUser(admin, { accept: ['*/*'] })).toBe(admin);
  });

  it.each([
    ['a user', { 'impersonate-user': ['alice'] }, { username: 'alice', groups: ['system:authenticated'] }],
    [
      'with groups, uid and extra',
      {
        'impersonate-user': ['alice'],
        'impersonate-group': ['devs', 'ops'],
        'impersonate-uid': ['7'],
        'impersonate-extra-example.com%2fscope': ['view', 'edit'],
      },
      {
        username: 'alice',
        groups: ['devs', 'ops', 'system:authenticated'],
        uid: '7',
        extra: { 'example.com/scope': ['view', 'edit'] },
      },
    ],
    ['a service account, with its groups', { 'impersonate-user': [podUser.username] }, podUser],
    [
      'nobody in particular',
      { 'impersonate-user': ['system:anonymous'] },
      { username: 'system:anonymous', groups: ['system:unauthenticated'] },
    ],
  ])('is %s', (_what, headers, user) => expect(actingUser(admin, headers)).toEqual(user));

  it('is refused to whom it is not allowed', () => {
    expect(() => actingUser(podUser, { 'impersonate-user': ['alice'] })).toThrow(
      'users "alice" is forbidden: User "system:serviceaccount:shop:default" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
    expect(() => actingUser(podUser, { 'impersonate-user': ['system:serviceaccount:kube-system:x'] })).toThrow(
      'serviceaccounts "x" is forbidden: User "system:serviceaccount:shop:default" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "kube-system"',
    );
  });

  it('is a user: groups alone are nobody', () => {
    expect(() => actingUser(admin, { 'impersonate-group': ['devs'] })).toThrow(
      'requested [impersonate-group] without impersonating a user',
    );
  });
});

describe('a request as somebody else', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());
  const as = (user: string, more: Record<string, string> = {}) => ({ 'Impersonate-User': user, ...more });
  const whoAmI = (headers: Record<string, string>) =>
    server.call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, headers);
  const mayList = async (headers: Record<string, string>) => {
    const spec = { resourceAttributes: { verb: 'list', resource: 'pods', namespace: 'default' } };
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    return (await server.call('POST', path, { spec }, headers)).body.status.allowed;
  };

  it('is told who it is, and may do what is granted to everybody', async () => {
    expect((await whoAmI(as('alice'))).body.status.userInfo).toEqual({
      username: 'alice',
      groups: ['system:authenticated'],
    });
    expect(await mayList(as('alice'))).toBe(false);
    const list = await server.call('GET', '/api/v1/namespaces/default/pods', undefined, as('alice'));
    expect(list).toMatchObject({
      status: 403,
      body: {
        message:
          'pods is forbidden: User "alice" cannot list resource "pods" in API group "" in the namespace "default"',
      },
    });
  });

  it('may do everything as an administrator', async () => {
    const headers = as('bob', { 'Impersonate-Group': 'system:masters' });
    expect(await mayList(headers)).toBe(true);
    expect((await server.call('GET', '/api/v1/namespaces/default/pods', undefined, headers)).status).toBe(200);
  });
});
