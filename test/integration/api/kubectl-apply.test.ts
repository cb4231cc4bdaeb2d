import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KUBECTLS, type KubectlServer, MANIFEST, startKubectlServer } from './kubectl-fixture.ts';

let server: KubectlServer;
beforeAll(async () => {
  server = await startKubectlServer();
});
afterAll(() => server.close());

describe.each(KUBECTLS)('kubectl $version', ({ version, program }) => {
  const namespace = `ns-${version.replace(/[^0-9]+/g, '-')}x`;
  /** Runs this kubectl in this version's namespace and gives its standard output; anything on stderr but warnings fails. */
  const run = async (args: string, input?: string) => {
    const { code, out, err } = await server.kubectl(`-n ${namespace} ${args}`, input, program);
    expect({ args, code, err: err.replace(/^Warning: .*\n/gm, '') }).toEqual({ args, code: 0, err: '' });
    return out;
  };
  const manifest = MANIFEST.replace(/ *nodePort: 30078\n/, '');

  it('creates a namespace', async () => {
    expect((await server.kubectl(`create namespace ${namespace}`, undefined, program)).out).toBe(
      `namespace/${namespace} created\n`,
    );
  });

  it('applies, and the second time changes nothing', async () => {
    const kinds = ['service/my-service', 'deployment.apps/my-nginx', 'endpoints/mysql-svc'];
    expect(await run('apply -f -', manifest)).toBe(kinds.map((kind) => `${kind} created\n`).join(''));
    const before = await run('get svc,deploy,ep -o jsonpath={.items[*].metadata.resourceVersion}');
    expect(await run('apply -f -', manifest)).toBe(kinds.map((kind) => `${kind} unchanged\n`).join(''));
    expect(await run('get svc,deploy,ep -o jsonpath={.items[*].metadata.resourceVersion}')).toBe(before);
  });

  it('applies a change, by the merge keys of lists', async () => {
    const changed = manifest
      .replace('replicas: 2', 'replicas: 3')
      .replace('  - name: http\n', '  - name: https\n    port: 443\n  - name: http\n');
    expect(await run('diff -f - ', manifest)).toBe('');
    expect(await run('apply -f -', changed)).toContain('deployment.apps/my-nginx configured\n');
    expect(await run('get svc my-service -o jsonpath={.spec.ports[*].port}')).toBe('443 80');
    expect(await run('apply -f -', manifest)).toContain('service/my-service configured\n');
    expect(await run('get svc my-service -o jsonpath={.spec.ports[*].port}')).toBe('80');
  });

  it('labels, annotates, patches, scales, sets', async () => {
    expect(await run('label svc my-service tier=front')).toBe('service/my-service labeled\n');
    // 1.20 calls this labeled too.
    expect(await run('label svc my-service tier-')).toMatch(/^service\/my-service (un)?labeled\n$/);
    expect(await run('annotate svc my-service note=hello')).toMatch(/^service\/my-service annotated?\n$/);
    expect(await run('scale deploy my-nginx --replicas=5')).toBe('deployment.apps/my-nginx scaled\n');
    const patch = '{"spec":{"replicas":4}}';
    for (const type of ['strategic', 'merge']) {
      expect(await run(`patch deploy my-nginx --type ${type} -p '${patch}'`)).toMatch(/patched/);
    }
    const operations = '[{"op":"replace","path":"/spec/replicas","value":1}]';
    expect(await run(`patch deploy my-nginx --type json -p '${operations}'`)).toBe(
      'deployment.apps/my-nginx patched\n',
    );
    expect(await run('set image deploy/my-nginx nginx=nginx:1.26')).toBe('deployment.apps/my-nginx image updated\n');
    expect(
      await run('get deploy my-nginx -o jsonpath={.spec.replicas},{.spec.template.spec.containers[0].image}'),
    ).toBe('1,nginx:1.26');
  });

  it('creates by its generators, runs and exposes', async () => {
    expect(await run('create deployment made --image=nginx --replicas=2')).toBe('deployment.apps/made created\n');
    expect(await run('create service clusterip made --tcp=80:8080')).toBe('service/made created\n');
    expect(await run('create configmap made --from-literal=a=b')).toBe('configmap/made created\n');
    expect(await run('run single --image=nginx --port=80 --labels=app=single')).toBe('pod/single created\n');
    expect(await run('expose deployment my-nginx --name=exposed --port=80 --target-port=8080 --type=NodePort')).toBe(
      'service/exposed exposed\n',
    );
    expect(await run('get svc exposed -o jsonpath={.spec.type},{.spec.selector.app},{.spec.ports[0].targetPort}')).toBe(
      'NodePort,my-nginx,8080',
    );
  });

  it('edits nothing when the editor changes nothing', async () => {
    const { out, err } = await server.kubectl(
      `-n ${namespace} edit svc my-service --field-manager=x`,
      undefined,
      // The editor is a program that changes the file it is given.
      program,
    );
    expect([out, err].join('')).toMatch(/Edit cancelled|skipped|no changes/i);
  });

  it('deletes, and waits until it is gone', async () => {
    expect(await run('delete -f - --wait', manifest)).toContain('service "my-service" deleted');
    expect(await run('get svc my-service --ignore-not-found')).toBe('');
    expect(await run('delete pod single')).toContain('pod "single" deleted');
    expect(await run('delete deploy,svc,cm -l app=made')).toContain('"made" deleted');
  });
});
