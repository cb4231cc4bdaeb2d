import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestServer, type TestServer } from './fixture.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const TEMPLATE = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx' }] } };

// As Go reads them: what an object leaves out is empty, and never a fault of the server's.
it.each<[string, string, object, string]>([
  [
    'a Pod without containers',
    '/api/v1/namespaces/default/pods',
    { restartPolicy: 'Never' },
    'spec.containers: Required',
  ],
  [
    'a requirement without a key',
    '/apis/apps/v1/namespaces/default/deployments',
    { selector: { matchLabels: { app: 'web' }, matchExpressions: [{ operator: 'Exists' }] }, template: TEMPLATE },
    'spec.selector.matchExpressions[0].key: Invalid value: "": name part must be non-empty',
  ],
  [
    'a requirement without an operator',
    '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies',
    { podSelector: { matchExpressions: [{ key: 'app' }] } },
    'spec.podSelector.matchExpressions[0].operator: Invalid value: "": not a valid selector operator',
  ],
  [
    'a path without a backend',
    '/apis/networking.k8s.io/v1/namespaces/default/ingresses',
    { rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix' }] } }] },
    'spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is required',
  ],
])('%s is refused in words', async (_what, path, spec, message) => {
  const { body } = await server.call('POST', path, { metadata: { name: 'x' }, spec });
  expect(body).toMatchObject({ code: 422, message: expect.stringContaining(message) });
});
