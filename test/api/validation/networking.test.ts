import { describe, expect, it } from 'vitest';
import type { Ingress, IngressClass, NetworkPolicy } from '../../../src/objects/wire.ts';
import { Pipeline } from '../pipeline.ts';

const pipeline = new Pipeline();

function policy(spec: object) {
  const object = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'p', namespace: 'default' },
    spec,
  };
  return pipeline.create<NetworkPolicy>(object);
}

function ingress(spec: object, annotations?: object) {
  const metadata = { name: 'i', namespace: 'default', ...(annotations && { annotations }) };
  return pipeline.create<Ingress>({ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata, spec });
}

const ingressClass = (spec: object) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: { name: 'c' },
  spec,
});

describe('NetworkPolicy', () => {
  it.each([
    ['nothing said', {}, ['Ingress']],
    ['rules of ingress', { ingress: [{}] }, ['Ingress']],
    ['rules of egress', { egress: [{}] }, ['Ingress', 'Egress']],
    ['types said', { policyTypes: ['Egress'], ingress: [{}] }, ['Egress']],
  ])('policy types by default: %s', (_what, spec, types) => {
    expect(policy(spec).object.spec?.policyTypes).toEqual(types);
  });

  it('ports are of TCP when they do not say', () => {
    const { object } = policy({
      ingress: [{ ports: [{ port: 80 }] }],
      egress: [{ ports: [{ port: 53, protocol: 'UDP' }] }],
    });
    expect(object.spec?.ingress?.[0]?.ports).toEqual([{ port: 80, protocol: 'TCP' }]);
    expect(object.spec?.egress?.[0]?.ports).toEqual([{ port: 53, protocol: 'UDP' }]);
  });

  it('has a generation', () => expect(policy({}).object.metadata?.generation).toBe(1));

  const from = (...peers: object[]) => ({ ingress: [{ from: peers }] });
  const ports = (...all: object[]) => ({ egress: [{ ports: all }] });
  it.each([
    [
      { podSelector: { matchLabels: { a: '-' } } },
      /^spec\.podSelector\.matchLabels: Invalid value: "-": a valid label/,
    ],
    [from({}), 'spec.ingress[0].from[0]: Required value: must specify a peer'],
    [
      from({ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }),
      'spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer',
    ],
    [from({ ipBlock: {} }), 'spec.ingress[0].from[0].ipBlock.cidr: Required value'],
    [
      from({ ipBlock: { cidr: '10.0.0.0' } }),
      /^spec\.ingress\[0\]\.from\[0\]\.ipBlock\.cidr: Invalid value: "10\.0\.0\.0": must be a valid CIDR value/,
    ],
    [
      from({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.0/8'] } }),
      'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
    ],
    [
      from({ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16'] } }),
      'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
    ],
    [
      from({ ipBlock: { cidr: '10.0.0.0/8', except: ['fd00::/16'] } }),
      'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "fd00::/16": must be a strict subset of `cidr`',
    ],
    [
      { egress: [{ to: [{ namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'Like' }] } }] }] },
      'spec.egress[0].to[0].namespaceSelector.matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator',
    ],
    [ports({ port: 0 }), 'spec.egress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive'],
    [
      ports({ port: 80, endPort: 70 }),
      'spec.egress[0].ports[0].endPort: Invalid value: 80: must be greater than or equal to `port`',
    ],
    [
      ports({ port: 80, endPort: 70000 }),
      'spec.egress[0].ports[0].endPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
    [
      ports({ port: 'web', endPort: 90 }),
      'spec.egress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is non-numeric',
    ],
    [
      ports({ endPort: 90 }),
      'spec.egress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is not specified',
    ],
    [
      ports({ port: 'Web' }),
      /^spec\.egress\[0\]\.ports\[0\]\.port: Invalid value: "Web": must contain only alpha-numeric/,
    ],
    [
      ports({ protocol: 'ICMP' }),
      'spec.egress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"',
    ],
    [
      { policyTypes: ['Ingres'] },
      'spec.policyTypes[0]: Unsupported value: "Ingres": supported values: "Ingress", "Egress"',
    ],
    [
      { policyTypes: ['Ingress', 'Egress', 'Ingress'] },
      /^spec\.policyTypes: .*may not specify more than two policyTypes$/,
    ],
  ])('%j is refused', (spec, problem) => {
    const { errors } = policy(spec);
    expect(errors).toEqual([typeof problem === 'string' ? problem : expect.stringMatching(problem)]);
  });

  it('what a policy may say', () => {
    const spec = {
      podSelector: { matchLabels: { app: 'db' } },
      ingress: [
        {
          from: [
            { podSelector: {}, namespaceSelector: {} },
            { ipBlock: { cidr: '172.17.0.0/16', except: ['172.17.1.0/24'] } },
          ],
          ports: [{ port: 6379 }, { port: 'metrics' }],
        },
      ],
      egress: [{ ports: [{ port: 32000, endPort: 32768 }] }, {}],
    };
    expect(policy(spec).errors).toEqual([]);
  });
});

describe('Ingress', () => {
  const backend = { service: { name: 'web', port: { number: 80 } } };
  const path = (fields: object) => ({
    rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend, ...fields }] } }],
  });
  const at = 'spec.rules[0].http.paths[0]';
  it.each([
    [{}, 'spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'],
    [{ defaultBackend: {} }, 'spec.defaultBackend: Invalid value: "": resource or service backend is required'],
    [
      { rules: [{ host: '192.0.2.1', http: { paths: [{ pathType: 'Prefix', path: '/', backend }] } }] },
      'spec.rules[0].host: Invalid value: "192.0.2.1": must be a DNS name, not an IP address',
    ],
    [{ rules: [{ host: 'Foo' }] }, /^spec\.rules\[0\]\.host: Invalid value: "Foo": a lowercase RFC 1123 subdomain/],
    [
      { rules: [{ host: 'a.*.b' }] },
      /^spec\.rules\[0\]\.host: Invalid value: "a\.\*\.b": a wildcard DNS-1123 subdomain must start with '\*\.'/,
    ],
    [{ rules: [{ http: { paths: [] } }] }, 'spec.rules[0].http.paths: Required value'],
    [path({ pathType: null }), `${at}.pathType: Required value: pathType must be specified`],
    [
      path({ pathType: 'Regex' }),
      `${at}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`,
    ],
    [path({ path: 'x' }), `${at}.path: Invalid value: "x": must be an absolute path`],
    [path({ path: '/a//b' }), `${at}.path: Invalid value: "/a//b": must not contain '//'`],
    [path({ path: '/a/..' }), `${at}.path: Invalid value: "/a/..": cannot end with '/..'`],
    [path({ path: '/a%2Fb' }), `${at}.path: Invalid value: "/a%2Fb": must not contain '%2F'`],
    [
      path({ pathType: 'ImplementationSpecific', path: 'x' }),
      `${at}.path: Invalid value: "x": must be an absolute path`,
    ],
    [
      path({ backend: { service: { name: 'web', port: {} } } }),
      `${at}.backend: Required value: port name or number is required`,
    ],
    [
      path({ backend: { service: { name: 'web', port: { name: 'http', number: 80 } } } }),
      `${at}.backend: Invalid value: "": cannot set both port name & port number`,
    ],
    [
      path({ backend: { service: { name: '9', port: { number: 80 } } } }),
      new RegExp(`^${at.replace(/[[\]]/g, '\\$&')}\\.backend\\.service\\.name: Invalid value: "9": a DNS-1035 label`),
    ],
    [
      path({ backend: { service: { name: 'web', port: { number: 70000 } } } }),
      `${at}.backend.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive`,
    ],
    [
      path({ backend: { ...backend, resource: { kind: 'Bucket', name: 'b' } } }),
      `${at}.backend: Invalid value: "": cannot set both resource and service backends`,
    ],
    [
      path({ backend: { resource: { kind: '', name: 'b' } } }),
      `${at}.backend.resource.kind: Required value: kind is required`,
    ],
    [
      { defaultBackend: backend, tls: [{ hosts: ['*'] }] },
      /^spec\.tls\[0\]\.hosts\[0\]: Invalid value: "\*": a wildcard/,
    ],
    [
      { defaultBackend: backend, tls: [{ secretName: 'A' }] },
      /^spec\.tls\[0\]\.secretName: Invalid value: "A": a lowercase RFC 1123 subdomain/,
    ],
    [
      { defaultBackend: backend, ingressClassName: 'A' },
      /^spec\.ingressClassName: Invalid value: "A": a lowercase RFC 1123 subdomain/,
    ],
  ])('%j is refused', (spec, problem) => {
    const { errors } = ingress(spec);
    expect(errors).toEqual([typeof problem === 'string' ? problem : expect.stringMatching(problem)]);
  });

  it('the annotation must agree with the class', () => {
    const spec = { defaultBackend: backend, ingressClassName: 'a' };
    expect(ingress(spec, { 'kubernetes.io/ingress.class': 'b' }).errors).toEqual([
      'annotations.kubernetes.io/ingress.class: Invalid value: "b": must match `ingressClassName` when both are specified',
    ]);
    expect(ingress(spec, { 'kubernetes.io/ingress.class': 'a' }).errors).toEqual([]);
  });

  it('what an Ingress may say', () => {
    const spec = {
      rules: [
        { host: '*.example.com', http: { paths: [{ path: '/a', pathType: 'Exact', backend }] } },
        {
          http: {
            paths: [
              {
                pathType: 'ImplementationSpecific',
                backend: { resource: { apiGroup: 'k8s.example.com', kind: 'Bucket', name: 'b' } },
              },
            ],
          },
        },
      ],
      tls: [{ hosts: ['a.example.com', '*.example.com'], secretName: 'cert' }],
    };
    const { object, errors } = ingress(spec);
    expect(errors).toEqual([]);
    expect(object.status).toEqual({ loadBalancer: {} });
  });
});

describe('IngressClass', () => {
  it.each([
    [{}, 'spec.controller: Required value'],
    [
      { controller: 'x' },
      'spec.controller: Invalid value: "x": must be a domain-prefixed path (such as "acme.io/foo")',
    ],
    [{ controller: 'Acme/x' }, /^spec\.controller: Invalid value: "Acme\/x": a lowercase RFC 1123 subdomain/],
    [
      { controller: 'acme.io/ä' },
      /^spec\.controller: Invalid value: "acme\.io\/ä": Invalid path \(regex used for validation is/,
    ],
    [{ controller: `acme.io/${'x'.repeat(250)}` }, 'spec.controller: Too long: may not be more than 250 bytes'],
    [
      { controller: 'acme.io/x', parameters: { kind: 'P', name: 'p', scope: 'Node' } },
      'spec.parameters.scope: Unsupported value: "Node": supported values: "Cluster", "Namespace"',
    ],
    [
      { controller: 'acme.io/x', parameters: { kind: 'P', name: 'p', scope: 'Namespace' } },
      "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
    ],
    [
      { controller: 'acme.io/x', parameters: { kind: 'P', name: 'p', namespace: 'n' } },
      "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'",
    ],
    [
      { controller: 'acme.io/x', parameters: { kind: 'P', name: 'a/b' } },
      'spec.parameters.name: Invalid value: "a/b": may not contain \'/\'',
    ],
  ])('%j is refused', (spec, problem) => {
    const { errors } = pipeline.create<IngressClass>(ingressClass(spec));
    expect(errors).toEqual([typeof problem === 'string' ? problem : expect.stringMatching(problem)]);
  });

  it('the controller stays', () => {
    const [before, after] = [ingressClass({ controller: 'acme.io/a' }), ingressClass({ controller: 'acme.io/b' })];
    expect(pipeline.update(before, after).errors).toEqual([
      'spec.controller: Invalid value: "acme.io/b": field is immutable',
    ]);
  });

  it('parameters are of the cluster when they do not say', () => {
    const { object } = pipeline.create<IngressClass>(
      ingressClass({ controller: 'acme.io/x', parameters: { kind: 'P', name: 'p' } }),
    );
    expect(object.spec?.parameters?.scope).toBe('Cluster');
  });
});
