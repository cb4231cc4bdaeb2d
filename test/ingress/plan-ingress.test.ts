import { describe, expect, it } from 'vitest';
import { createOwnCertificate } from '../../src/api/tls/certificates.ts';
import { planIngress } from '../../src/ingress/plan-ingress.ts';
import { servedIngresses } from '../../src/ingress/served-ingresses.ts';
import type { Ingress, Secret } from '../../src/objects/wire.ts';
import { backend, ingress, rule, service, slice, sources } from './objects.ts';

const complaintsOf = (all: readonly Ingress[], from = sources([])) =>
  planIngress(all, from).complaints.map(
    ({ ingress: of, reason, message }) => `${of.metadata?.name} ${reason}: ${message}`,
  );

describe('sites and routes', () => {
  it('are gathered by host, from all Ingresses', () => {
    const plan = planIngress(
      [
        ingress('a', { rules: [rule('Shop.Example', ['/', 'web'], ['Exact /health', 'health'])] }),
        ingress('b', { rules: [rule('shop.example', ['/api/', 'api']), rule('', ['/', 'web'])] }),
      ],
      sources([]),
    );
    expect(plan.sites).toEqual([
      {
        host: 'shop.example',
        routes: [
          { kind: 'Prefix', path: '', backend: 'shop_web_80' },
          { kind: 'Exact', path: '/health', backend: 'shop_health_80' },
          { kind: 'Prefix', path: '/api', backend: 'shop_api_80' },
        ],
      },
      { host: '*', routes: [{ kind: 'Prefix', path: '', backend: 'shop_web_80' }] },
    ]);
  });

  it('take ImplementationSpecific as Prefix, and no path as all', () => {
    const paths = [{ pathType: 'ImplementationSpecific', backend: backend('web') }];
    const [site] = planIngress([ingress('a', { rules: [{ http: { paths } }] })], sources([])).sites;
    expect(site!.routes).toEqual([{ kind: 'Prefix', path: '', backend: 'shop_web_80' }]);
  });

  it('belong to the older Ingress, and the other is told', () => {
    const [old, young] = ['old', 'young'].map((to) => ingress(to, { rules: [rule('x.example', ['/a', to])] }));
    const { sites, complaints } = planIngress([old!, young!], sources([service('old'), service('young')]));
    expect(sites[0]!.routes).toEqual([{ kind: 'Prefix', path: '/a', backend: 'shop_old_80' }]);
    expect(complaints).toMatchObject([{ ingress: young, reason: 'Conflict' }]);
    expect(complaints[0]!.message).toContain('Prefix path "/a" of host "x.example"');
  });

  it('have no path that no request can have', () => {
    const paths = [{ path: '/a b\nfoo', pathType: 'Prefix', backend: backend('web') }];
    const bad = ingress('a', { rules: [{ http: { paths } }] });
    expect(complaintsOf([bad])).toEqual([
      expect.stringContaining('a InvalidPath: path "/a b\\nfoo" holds white space'),
    ]);
    expect(planIngress([bad], sources([])).sites[0]!.routes).toEqual([]);
  });
});

describe('default backends', () => {
  it('serve the hosts of their Ingress, and everybody else', () => {
    const plan = planIngress(
      [
        ingress('a', { rules: [rule('a.example', ['/x', 'web'])] }),
        ingress('b', { rules: [rule('b.example', ['/x', 'web'])], defaultBackend: backend('own') }),
        ingress('all', { defaultBackend: backend('all') }),
      ],
      sources([service('web'), service('own'), service('all')]),
    );
    expect(plan.sites.map(({ host, fallback }) => [host, fallback])).toEqual([
      ['a.example', undefined],
      ['b.example', 'shop_own_80'],
    ]);
    expect(plan.fallback).toBe('shop_all_80');
    expect(plan.backends.map(({ name }) => name).sort()).toEqual(['shop_all_80', 'shop_own_80', 'shop_web_80']);
  });

  it('are the oldest’s when each has rules too', () => {
    const all = ['a', 'b'].map((to) =>
      ingress(to, { rules: [rule('x.example', ['/x', to])], defaultBackend: backend(to) }),
    );
    const plan = planIngress(all, sources([]));
    expect([plan.fallback, plan.sites[0]!.fallback]).toEqual(['shop_a_80', 'shop_a_80']);
    expect(plan.backends.map(({ name }) => name)).toContain('shop_b_80');
  });
});

describe('backends', () => {
  const to = (name: string, port: number | string) => ingress('a', { defaultBackend: backend(name, port) });
  const web = service('web', [
    { port: 80, name: 'http', targetPort: 8080 },
    { port: 53, name: 'dns', protocol: 'UDP' },
  ]);

  it('are the endpoints, by the port’s name or number, ready ones first', () => {
    const http = { name: 'http', port: 8080 };
    const slices = [
      slice('web', ['10.244.1.3', '10.244.1.2'], { ready: true }, http),
      slice('web', ['10.244.1.4'], { ready: false, serving: true, terminating: true }, http),
      slice('web', ['10.244.1.9'], { ready: true }, { name: 'other', port: 9 }),
    ];
    const serversOf = (port: number | string, from: typeof slices) =>
      planIngress([to('web', port)], sources([web], from)).backends[0]!.servers;
    for (const port of [80, 'http']) expect(serversOf(port, slices)).toEqual(['10.244.1.2:8080', '10.244.1.3:8080']);
    expect(serversOf(80, slices.slice(1))).toEqual(['10.244.1.4:8080']);
  });

  it.each([
    ['nobody', 80, 'a ServiceNotFound: Service "shop/nobody" does not exist; requests to it are answered with 503'],
    ['web', 81, 'a PortNotFound: Service "shop/web" has no TCP port 81; requests to it are answered with 503'],
    ['web', 'dns', 'a PortNotFound: Service "shop/web" has no TCP port dns; requests to it are answered with 503'],
  ])('%s %s: the Ingress is told', (name, port, words) => {
    expect(complaintsOf([to(name, port)], sources([web]))).toEqual([words]);
    expect(planIngress([to(name, port)], sources([web])).backends[0]!.servers).toEqual([]);
  });

  it('cannot be a resource, or a name outside', () => {
    const resource = { kind: 'Bucket', name: 'b', apiGroup: 'k8s.example.com' };
    const [first] = complaintsOf([ingress('a', { defaultBackend: { resource } })]);
    expect(first).toContain('UnsupportedBackend: a resource backend (Bucket)');
    const spec = { type: 'ExternalName', externalName: 'x.example', ports: [{ port: 80 }] };
    const [second] = complaintsOf([to('outside', 80)], sources([{ ...service('outside'), spec }]));
    expect(second).toContain('is of type ExternalName');
  });
});

describe('TLS', () => {
  const pair = createOwnCertificate('shop', ['shop.example']);
  const other = createOwnCertificate('other', ['other.example']);
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
  const secret = (name: string, data: Readonly<Record<string, string>>): Secret => ({
    metadata: { name, namespace: 'shop' },
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
  });
  const tls = (secretName: string, ...hosts: string[]) =>
    ingress(secretName, { rules: [rule('shop.example', ['/', 'web'])], tls: [{ secretName, hosts }] });
  const from = (...secrets: Secret[]) => sources([service('web')], [], secrets);

  it('shows the Secret’s certificate for its hosts', () => {
    const good = secret('good', { 'tls.crt': pair.cert + other.cert, 'tls.key': pair.key });
    const { certificates, complaints } = planIngress([tls('good', 'Shop.example')], from(good));
    expect(complaints).toEqual([]);
    expect(certificates).toMatchObject([{ name: 'shop_good.pem', hosts: ['shop.example'] }]);
    expect(certificates[0]!.pem.match(/BEGIN/g)).toHaveLength(3);
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['no key', { 'tls.crt': pair.cert }, 'it has no tls.key'],
    ['no certificate', { 'tls.crt': 'x', 'tls.key': pair.key }, 'its tls.crt holds no PEM certificate'],
    ['a broken one', { 'tls.crt': broken, 'tls.key': pair.key }, 'its tls.crt cannot be read'],
    ['a broken key', { 'tls.crt': pair.cert, 'tls.key': 'x' }, 'its tls.key cannot be read'],
    ['another’s key', { 'tls.crt': pair.cert, 'tls.key': other.key }, 'its tls.key does not belong to its tls.crt'],
  ])('says of a Secret with %s why it is of no use, and serves all the same', (_, data, why) => {
    const plan = planIngress([tls('bad', 'shop.example')], from(secret('bad', data)));
    expect(plan.certificates).toEqual([]);
    expect(plan.complaints).toMatchObject([{ reason: 'BadSecret' }]);
    expect(plan.complaints[0]!.message).toContain(why);
    expect(plan.sites[0]!.routes).toHaveLength(1);
  });

  it('says that a Secret is missing', () => {
    const [first] = complaintsOf([tls('gone', 'shop.example')], from());
    expect(first).toContain('SecretNotFound: Secret "shop/gone" does not exist');
  });
});

describe('whose Ingress it is', () => {
  const classes = [
    { metadata: { name: 'ours' }, spec: { controller: 'podwire.dev/ingress-haproxy' } },
    { metadata: { name: 'theirs' }, spec: { controller: 'example.com/other' } },
  ];

  it('is told by its class, or the annotation of old; the oldest first', () => {
    const all = [
      ingress('named', { ingressClassName: 'ours' }),
      ingress('other', { ingressClassName: 'theirs' }),
      ingress('unknown', { ingressClassName: 'nobody' }),
      ingress('none', {}),
      ingress('annotated', {}),
    ];
    all[4]!.metadata!.annotations = { 'kubernetes.io/ingress.class': 'ours' };
    const served = servedIngresses([...all].reverse(), classes, 'podwire.dev/ingress-haproxy');
    expect(served.map(({ metadata }) => metadata?.name)).toEqual(['named', 'annotated']);
  });
});
