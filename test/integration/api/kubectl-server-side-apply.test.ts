import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KUBECTLS, type KubectlServer, MANIFEST, startKubectlServer } from './kubectl-fixture.ts';

let server: KubectlServer;
beforeAll(async () => {
  server = await startKubectlServer();
});
afterAll(() => server.close());

describe.each(KUBECTLS)('kubectl $version apply --server-side', ({ version, minor, program }) => {
  const namespace = `ssa-${version.replace(/[^0-9]+/g, '-')}x`;
  const attempt = (args: string, input?: string) => server.kubectl(`-n ${namespace} ${args}`, input, program);
  const run = async (args: string, input?: string) => {
    const { code, out, err } = await attempt(args, input);
    expect({ args, code, err: err.replace(/^Warning: .*\n/gm, '') }).toEqual({ args, code: 0, err: '' });
    return out;
  };
  const manifest = MANIFEST.replace(/ *nodePort: 30078\n/, '');
  const replicas = (count: number) => manifest.replace('replicas: 2', `replicas: ${count}`);
  /** Older kubectls show the claims always, and have no such flag. */
  const showClaims = minor < 21 ? '' : '--show-managed-fields';
  const managers = (kind: string, name: string) =>
    run(
      `get ${kind} ${name} ${showClaims} -o jsonpath='{range .metadata.managedFields[*]}{.manager}/{.operation}{"\\n"}{end}'`,
    );

  it('makes what there is none of, and the second time changes nothing', async () => {
    await server.kubectl(`create namespace ${namespace}`, undefined, program);
    const kinds = ['service/my-service', 'deployment.apps/my-nginx', 'endpoints/mysql-svc'];
    const applied = kinds.map((kind) => `${kind} serverside-applied\n`).join('');
    expect(await run('apply --server-side -f -', manifest)).toBe(applied);
    const versions = 'get svc,deploy,ep -o jsonpath={.items[*].metadata.resourceVersion}';
    const before = await run(versions);
    expect(await run('apply --server-side -f -', manifest)).toBe(applied);
    expect(await run(versions)).toBe(before);
    expect(await managers('deploy', 'my-nginx')).toBe('kubectl/Apply\n');
  });

  it.skipIf(minor < 21)('hides the claims unless they are asked for', async () => {
    expect(await run('get deploy my-nginx -o yaml')).not.toContain('managedFields');
    expect(await run('get deploy my-nginx -o yaml --show-managed-fields')).toContain('f:replicas: {}');
  });

  it('refuses what somebody else has set, in words kubectl knows, and takes it by force', async () => {
    await run('scale deploy my-nginx --replicas=5');
    const { code, err } = await attempt('apply --server-side -f -', manifest);
    expect(code).toBe(1);
    expect(err).toMatch(
      /Apply failed with 1 conflict: conflict with "kubectl[^"]*" with subresource "scale" using apps\/v1: \.spec\.replicas\n/,
    );
    expect(err).toContain('--force-conflicts');
    await run('apply --server-side --force-conflicts -f -', manifest);
    expect(await run('get deploy my-nginx -o jsonpath={.spec.replicas}')).toBe('2');
  });

  it('leaves alone what the configuration does not state', async () => {
    await run('scale deploy my-nginx --replicas=4');
    await run('label deploy my-nginx tier=front');
    await run('apply --server-side --force-conflicts -f -', manifest.replace('  replicas: 2\n', ''));
    expect(await run('get deploy my-nginx -o jsonpath={.spec.replicas},{.metadata.labels.tier}')).toBe('4,front');
  });

  it('two managers share, and each removes but its own', async () => {
    const cm = (data: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: shared\ndata:\n${data}`;
    await run('apply --server-side --field-manager=one -f -', cm('  a: "1"\n  b: "1"\n'));
    await run('apply --server-side --field-manager=two -f -', cm('  b: "1"\n  c: "1"\n'));
    const refused = await attempt('apply --server-side --field-manager=two -f -', cm('  b: "2"\n  c: "1"\n'));
    expect(refused.err).toContain('Apply failed with 1 conflict: conflict with "one": .data.b');
    await run('apply --server-side --field-manager=one -f -', cm('  a: "1"\n'));
    expect(await run('get cm shared -o jsonpath={.data}')).toBe('{"a":"1","b":"1","c":"1"}');
    await run('apply --server-side --field-manager=two -f -', cm('  c: "1"\n'));
    expect(await run('get cm shared -o jsonpath={.data}')).toBe('{"a":"1","c":"1"}');
  });

  // Old kubectls leave the claims of client-side apply as they are.
  it.skipIf(minor < 26)('takes over from client-side apply without a quarrel', async () => {
    await run('apply -f -', manifest.replaceAll('my-', 'moved-').replace('mysql-svc', 'moved-svc'));
    expect(await managers('deploy', 'moved-nginx')).toBe('kubectl-client-side-apply/Update\n');
    const moved = replicas(3).replaceAll('my-', 'moved-').replace('mysql-svc', 'moved-svc');
    await run('apply --server-side -f -', moved);
    expect(await run('get deploy moved-nginx -o jsonpath={.spec.replicas}')).toBe('3');
    expect(await managers('deploy', 'moved-nginx')).toMatch(/^kubectl(-last-applied)?\/Apply$/m);
    const without = moved.replace('        ports:\n        - containerPort: 8080\n', '');
    await run('apply --server-side -f -', without);
    expect(await run('get deploy moved-nginx -o jsonpath={.spec.template.spec.containers[0].ports}')).toBe('');
  });

  it('a dry run stores nothing', async () => {
    const { out } = await attempt('apply --server-side --dry-run=server -f -', manifest.replaceAll('my-', 'dry-'));
    expect(out).toContain('deployment.apps/dry-nginx serverside-applied (server dry run)');
    expect((await attempt('get deploy dry-nginx')).err).toContain('deployments.apps "dry-nginx" not found');
  });

  it('says what it would change', async () => {
    const { code, out } = await attempt('diff --server-side --force-conflicts -f -', replicas(9));
    expect(code).toBe(1);
    expect(out).toMatch(/^\+ {2}replicas: 9$/m);
  });

  it('refuses fields the kind does not have', async () => {
    const { code, err } = await attempt(
      'apply --server-side --validate=false -f -',
      manifest.replace('replicas: 2', 'replica: 2'),
    );
    expect(code).toBe(1);
    expect(err).toContain(
      `failed to create typed patch object (${namespace}/my-nginx; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema`,
    );
  });
});
