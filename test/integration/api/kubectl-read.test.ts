import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PODS } from '../../../src/objects/resource.ts';
import { eventually } from '../scratch.ts';
import { type KubectlServer, MANIFEST, POD, startKubectlServer, words } from './kubectl-fixture.ts';

let server: KubectlServer;
beforeAll(async () => {
  server = await startKubectlServer();
  await server.kubectl('apply -f -', `${MANIFEST}---${POD}`);
});
afterAll(() => server.close());

/** The output of a kubectl that must succeed. */
async function run(args: string): Promise<string> {
  const { code, out, err } = await server.kubectl(args);
  expect({ args, code, err: err.replace(/^warning: .*\n/gim, '') }).toEqual({ args, code: 0, err: '' });
  return out;
}

const headings = (table: string) => table.split('\n')[0]!.trim().split(/ {2,}/);

describe('kubectl get', () => {
  it('prints the columns of each kind', async () => {
    expect(headings(await run('get svc'))).toEqual(['NAME', 'TYPE', 'CLUSTER-IP', 'EXTERNAL-IP', 'PORT(S)', 'AGE']);
    expect(await run('get svc my-service')).toMatch(
      /my-service +NodePort +10\.\d+\.\d+\.\d+ +<none> +80:30078\/TCP +\d+s/,
    );
    expect(headings(await run('get svc -o wide')).at(-1)).toBe('SELECTOR');
    expect(headings(await run('get pods'))).toEqual(['NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE']);
    expect(headings(await run('get deploy'))).toEqual(['NAME', 'READY', 'UP-TO-DATE', 'AVAILABLE', 'AGE']);
    expect(headings(await run('get ep'))).toEqual(['NAME', 'ENDPOINTS', 'AGE']);
    expect(headings(await run('get pods -A'))[0]).toBe('NAMESPACE');
    expect(await run('get pods --show-labels')).toContain('app=web');
    expect(await run('get pods -L app')).toMatch(/web +0\/1 +Pending +0 +\S+ +web/);
  });

  it('gives YAML, JSON, names, JSONPath, templates, sorts', async () => {
    expect(await run('get svc my-service -o yaml')).toContain('  - name: http\n    nodePort: 30078\n    port: 80\n');
    expect(JSON.parse(await run('get svc,pods -o json'))).toMatchObject({ kind: 'List', apiVersion: 'v1' });
    expect(await run('get svc my-service -o name')).toBe('service/my-service\n');
    expect(await run('get svc my-service -o jsonpath={.spec.ports[0].nodePort}')).toBe('30078');
    expect(await run("get svc my-service -o go-template='{{.spec.type}}'")).toBe('NodePort');
    expect(await run('get svc -o custom-columns=N:.metadata.name --no-headers')).toContain('my-service');
    expect(await run('get svc --sort-by=.metadata.name')).toContain('my-service');
    expect(await run('get all')).toContain('deployment.apps/my-nginx');
    expect(await run('get --raw /healthz')).toBe('ok');
  });

  it('selects by label and field, and pages', async () => {
    expect(await run('get pods -l app=web,tier!=x -o name')).toBe('pod/web\n');
    expect(await run("get pods -l 'app in (db)' -o name")).toBe('');
    expect(await run('get pods --field-selector status.phase=Pending -o name')).toBe('pod/web\n');
    expect(await run('get pods --chunk-size=1 -A -o name')).toBe('pod/web\n');
  });

  it('-w prints what changes', async () => {
    const child = spawn('kubectl', words('get pods -w --output-watch-events'), { env: server.env });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk;
    });
    try {
      await eventually(() => /ADDED +web/.test(out));
      await run('label pod web seen=yes');
      await eventually(() => /MODIFIED +web/.test(out));
      await run('run fleeting --image=nginx');
      await eventually(() => /ADDED +fleeting/.test(out));
      await run('delete pod fleeting');
      await eventually(() => /DELETED +fleeting/.test(out));
    } finally {
      child.kill();
    }
    expect(out.match(/NAME/g)).toHaveLength(1);
  });
});

describe('kubectl wait', () => {
  it('sees a condition come, and an object go', async () => {
    const waiting = run('wait --for=condition=Ready pod/web --timeout=10s');
    const conditions = [{ type: 'Ready', status: 'True' }];
    const key = { namespace: 'default', name: 'web' };
    await server.transport.patch(PODS, key, 'merge', { status: { conditions } }, { subresource: 'status' });
    expect(await waiting).toBe('pod/web condition met\n');
    const gone = run('wait --for=delete pod/leaving --timeout=10s');
    await run('run leaving --image=nginx');
    await run('delete pod leaving');
    await gone;
    expect(await run("wait --for=jsonpath='{.spec.type}'=NodePort svc/my-service")).toContain('condition met');
  });
});

describe('kubectl tells of the API', () => {
  it('describe', async () => {
    const text = await run('describe svc my-service');
    expect(text).toMatch(/^NodePort: +http {2}30078\/TCP$/m);
    expect(await run('describe pod web')).toMatch(/^Status: +Pending$/m);
    expect(await run('describe deploy my-nginx')).toMatch(/^Replicas: +2 desired/m);
    expect(await run('describe ns default')).toMatch(/^Status: +Active$/m);
  });

  it('explain', async () => {
    const text = await run('explain service.spec.ports.nodePort');
    expect(text).toMatch(/^KIND: +Service$/m);
    expect(text).toMatch(/^FIELD: nodePort <integer>$/m);
    expect(text).toContain('DESCRIPTION:');
    expect(await run('explain deploy.spec.template.spec.containers --recursive')).toContain('imagePullPolicy');
    expect((await server.kubectl('explain svc.spec.portz')).err).toContain('field "portz" does not exist');
  });

  it('api-resources, api-versions, version, auth', async () => {
    expect(await run('api-resources --no-headers')).toMatch(/^deployments +deploy +apps\/v1 +true +Deployment$/m);
    expect((await run('api-versions')).split('\n')).toEqual(expect.arrayContaining(['apps/v1', 'v1']));
    expect(await run('version -o json')).toContain('"gitVersion": "v1.36.0"');
    expect(await run('auth can-i create pods')).toBe('yes\n');
    expect(await run('auth whoami')).toMatch(/^Username +kubernetes-admin$/m);
    expect(await run('auth can-i --list')).toContain('*.*');
    expect(await run('cluster-info')).toContain('control plane');
  });
});
