import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KUBECTLS, type KubectlServer, startKubectlServer } from './kubectl-fixture.ts';

/** The policy of Kubernetes' own documentation. */
const POLICY = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: test-network-policy
spec:
  podSelector:
    matchLabels:
      role: db
  policyTypes:
  - Ingress
  - Egress
  ingress:
  - from:
    - ipBlock:
        cidr: 172.17.0.0/16
        except:
        - 172.17.1.0/24
    - namespaceSelector:
        matchLabels:
          project: myproject
    - podSelector:
        matchLabels:
          role: frontend
    ports:
    - protocol: TCP
      port: 6379
  egress:
  - to:
    - ipBlock:
        cidr: 10.0.0.0/24
    ports:
    - protocol: TCP
      port: 32000
      endPort: 32768
`;

const CLASS = `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata:
  name: example
  annotations:
    ingressclass.kubernetes.io/is-default-class: "true"
spec:
  controller: example.com/ingress
`;

let server: KubectlServer;
beforeAll(async () => {
  server = await startKubectlServer();
  await server.kubectl('apply -f -', CLASS);
});
afterAll(() => server.close());

describe.each(KUBECTLS)('kubectl $version', ({ version, minor, program }) => {
  const namespace = `net-${version.replace(/[^0-9]+/g, '-')}x`;
  const attempt = (args: string, input?: string) => server.kubectl(`-n ${namespace} ${args}`, input, program);
  const run = async (args: string, input?: string) => {
    const { code, out, err } = await attempt(args, input);
    expect({ args, code, err: err.replace(/^Warning: .*\n/gm, '') }).toEqual({ args, code: 0, err: '' });
    return out;
  };
  /** The words of a table's rows. */
  const rows = (table: string) =>
    table
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/));

  beforeAll(async () => {
    await server.kubectl(`create namespace ${namespace}`, undefined, program);
  });

  it('network policies: apply twice, columns, describe', async () => {
    expect(await run('apply -f -', POLICY)).toBe('networkpolicy.networking.k8s.io/test-network-policy created\n');
    expect(await run('apply -f -', POLICY)).toBe('networkpolicy.networking.k8s.io/test-network-policy unchanged\n');
    expect(rows(await run('get netpol'))).toEqual([
      ['NAME', 'POD-SELECTOR', 'AGE'],
      ['test-network-policy', 'role=db', expect.stringMatching(/^\d+s$/)],
    ]);
    const described = await run('describe netpol test-network-policy');
    for (const text of [
      'PodSelector:     role=db',
      'To Port: 6379/TCP',
      'CIDR: 172.17.0.0/16',
      'Except: 172.17.1.0/24',
      'NamespaceSelector: project=myproject',
      'Policy Types: Ingress, Egress',
    ]) {
      expect(described).toContain(text);
    }
    expect(await run('apply --server-side --force-conflicts -f -', POLICY)).toContain('serverside-applied');
  });

  it('network policies: refusals in the words of Kubernetes', async () => {
    const { err } = await attempt(
      'apply -f -',
      POLICY.replace('test-network-policy', 'odd').replace('172.17.1.0/24', '172.18.1.0/24'),
    );
    expect(err).toBe(
      'The NetworkPolicy "odd" is invalid: spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "172.18.1.0/24": must be a strict subset of `cidr`\n',
    );
  });

  it('ingresses: made by a rule, of the default class', async () => {
    expect(await run('create ingress simple --rule=foo.com/bar*=svc1:8080,tls=my-cert --rule=bar.com/=svc2:http')).toBe(
      'ingress.networking.k8s.io/simple created\n',
    );
    expect(rows(await run('get ing'))).toEqual([
      ['NAME', 'CLASS', 'HOSTS', 'ADDRESS', 'PORTS', 'AGE'],
      ['simple', 'example', 'foo.com,bar.com', '80, 443', expect.stringMatching(/^\d+s$/)],
    ]);
    const described = await run('describe ing simple');
    expect(described).toMatch(/foo\.com\s+\/bar\s+svc1:8080 \(/);
    expect(described).toContain('my-cert terminates foo.com');
    expect(await run('create ingress other --class=other --default-backend=svc:80')).toContain('created');
    expect(await run('get ing other -o jsonpath={.spec.ingressClassName}')).toBe('other');
  });

  it('ingress classes', async () => {
    expect(rows(await run('get ingressclass'))).toEqual([
      ['NAME', 'CONTROLLER', 'PARAMETERS', 'AGE'],
      ['example', 'example.com/ingress', '<none>', expect.stringMatching(/^\d+s$/)],
    ]);
  });

  it('explains them', async () => {
    expect(await run('explain networkpolicy.spec.ingress.from')).toContain('ipBlock');
    expect(await run('explain ingress.spec.rules.http.paths.pathType')).toContain('ImplementationSpecific');
  });

  it('events of both groups are the same ones', async () => {
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'e' },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', name: 'p', namespace },
      reason: 'Why',
      message: 'because',
      type: 'Normal',
      lastTimestamp: new Date().toISOString(),
    };
    await run('create -f -', JSON.stringify(event));
    expect(await run('get events.events.k8s.io e -o jsonpath={.note},{.regarding.name}')).toBe('because,p');
    expect(await run('get ev')).toMatch(/Normal\s+Why\s+pod\/p\s+because/);
    // The command came with 1.23.
    if (minor >= 23) expect(await run('events --for pod/p')).toMatch(/Normal\s+Why\s+Pod\/p\s+because/);
    await run('delete events.events.k8s.io e');
    expect((await attempt('get ev e')).err).toContain('events "e" not found');
  });

  it('a namespace with a generated name bears it as its label', async () => {
    const out = await run('create -f -', '{"apiVersion":"v1","kind":"Namespace","metadata":{"generateName":"made-"}}');
    const name = /namespace\/(made-\w{5}) created/.exec(out)?.[1];
    expect(await run(`get ns ${name} -o jsonpath={.metadata.labels}`)).toBe(
      `{"kubernetes.io/metadata.name":"${name}"}`,
    );
  });

  it('replace with an old version is refused, without one it is done', async () => {
    const config = (version: string, value: string) =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'race', ...(version && { resourceVersion: version }) },
        data: { a: value },
      });
    await run('create -f -', config('', '1'));
    const before = await run('get cm race -o jsonpath={.metadata.resourceVersion}');
    await run(`patch cm race --type merge -p '{"data":{"a":"2"}}'`);
    const { code, err } = await attempt('replace -f -', config(before, '3'));
    expect([code, err]).toEqual([
      1,
      expect.stringContaining(
        'Operation cannot be fulfilled on configmaps "race": the object has been modified; please apply your changes to the latest version and try again',
      ),
    ]);
    await run('replace -f -', config('', '4'));
    expect(await run('get cm race -o jsonpath={.data.a}')).toBe('4');
    expect(
      (await attempt(`patch cm race --type merge -p '{"metadata":{"resourceVersion":"${before}"},"data":{"a":"5"}}'`))
        .err,
    ).toContain('the object has been modified');
  });
});
