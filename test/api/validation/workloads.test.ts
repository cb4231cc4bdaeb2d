import { describe, expect, it } from 'vitest';
import { type Draft, Pipeline } from '../pipeline.ts';

const TEMPLATE = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx' }] } };
const SELECTOR = { matchLabels: { app: 'web' } };

function workload(kind: string, spec: object, apiVersion = 'apps/v1'): Draft {
  return { apiVersion, kind, metadata: { name: 'web', namespace: 'default' }, spec };
}

describe('a workload is refused', () => {
  it.each<[string, Draft, string[]]>([
    [
      'whose selector does not select its pods',
      workload('Deployment', { selector: { matchLabels: { app: 'other' } }, template: TEMPLATE }),
      ['spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`'],
    ],
    ['without a selector', workload('Deployment', { template: TEMPLATE }), ['spec.selector: Required value']],
    [
      'with an empty selector',
      workload('ReplicaSet', { selector: {}, template: TEMPLATE }),
      ['spec.selector: Invalid value: {}: empty selector is invalid for replicaset'],
    ],
    [
      'with negative replicas',
      workload('Deployment', { replicas: -1, selector: SELECTOR, template: TEMPLATE }),
      ['spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'with a template that does not restart',
      workload('DaemonSet', {
        selector: SELECTOR,
        template: { ...TEMPLATE, spec: { ...TEMPLATE.spec, restartPolicy: 'Never' } },
      }),
      ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    ],
    [
      'with an unknown strategy',
      workload('Deployment', { selector: SELECTOR, template: TEMPLATE, strategy: { type: 'Fast' } }),
      ['spec.strategy.type: Unsupported value: "Fast": supported values: "Recreate", "RollingUpdate"'],
    ],
    [
      'that recreates and rolls',
      workload('Deployment', {
        selector: SELECTOR,
        template: TEMPLATE,
        strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } },
      }),
      ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
    ],
    [
      'that can neither add nor remove',
      workload('Deployment', {
        selector: SELECTOR,
        template: TEMPLATE,
        strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } },
      }),
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0'],
    ],
    [
      'with a bad container in its template',
      workload('StatefulSet', { selector: SELECTOR, template: { ...TEMPLATE, spec: { containers: [] } } }),
      ['spec.template.spec.containers: Required value'],
    ],
    [
      'a ReplicationController without template',
      workload('ReplicationController', { selector: { app: 'a' } }, 'v1'),
      ['spec.template: Required value'],
    ],
    [
      'with a bad operator',
      workload('Deployment', {
        selector: { matchExpressions: [{ key: 'app', operator: 'Like', values: ['w'] }] },
        template: TEMPLATE,
      }),
      [
        'spec.selector.matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator',
        'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
      ],
    ],
  ])('%s', (_name, draft, errors) => {
    expect(new Pipeline().create(draft).errors).toEqual(errors);
  });

  it.each(['Deployment', 'ReplicaSet', 'DaemonSet'])('when a %s changes its selector', (kind) => {
    const pipeline = new Pipeline();
    const stored = pipeline.create(workload(kind, { selector: SELECTOR, template: TEMPLATE })).object as Draft;
    const labels = { app: 'web', tier: 'a' };
    const template = { ...TEMPLATE, metadata: { labels } };
    const next = workload(kind, { selector: { matchLabels: labels }, template });
    expect(pipeline.update(stored, next).errors).toEqual([
      'spec.selector: Invalid value: {"matchLabels":{"app":"web","tier":"a"}}: field is immutable',
    ]);
  });

  it('when a StatefulSet changes what it may not', () => {
    const pipeline = new Pipeline();
    const spec = { serviceName: 'a', selector: SELECTOR, template: TEMPLATE };
    const stored = pipeline.create(workload('StatefulSet', spec)).object as Draft;
    expect(pipeline.update(stored, workload('StatefulSet', { ...spec, serviceName: 'b' })).errors).toEqual([
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ]);
    expect(pipeline.update(stored, workload('StatefulSet', { ...spec, replicas: 3 })).errors).toEqual([]);
  });
});

describe('other kinds are refused', () => {
  const slice = (fields: object): Draft => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'web-1', namespace: 'default' },
    ...fields,
  });
  it.each<[string, Draft, string[]]>([
    ['an EndpointSlice without type', slice({ endpoints: [] }), ['addressType: Required value']],
    [
      'an EndpointSlice of an unknown type',
      slice({ addressType: 'IP' }),
      ['addressType: Unsupported value: "IP": supported values: "FQDN", "IPv4", "IPv6"'],
    ],
    [
      'an endpoint without addresses',
      slice({ addressType: 'IPv4', endpoints: [{ addresses: [] }] }),
      ['endpoints[0].addresses: Required value: must contain at least 1 address'],
    ],
    [
      'an endpoint of the wrong family',
      slice({ addressType: 'IPv4', endpoints: [{ addresses: ['::1'] }] }),
      ['endpoints[0].addresses[0]: Invalid value: "::1": must be an IPv4 address'],
    ],
    [
      'a loopback endpoint',
      slice({ addressType: 'IPv4', endpoints: [{ addresses: ['127.0.0.1'] }] }),
      [
        'endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      ],
    ],
    [
      'Endpoints without addresses',
      { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'a' }, subsets: [{ ports: [{ port: 80 }] }] },
      ['subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`'],
    ],
    [
      'Endpoints with a bad address',
      {
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata: { name: 'a' },
        subsets: [{ addresses: [{ ip: 'a.b' }], ports: [{ port: 80 }] }],
      },
      [
        'subsets[0].addresses[0].ip: Invalid value: "a.b": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      ],
    ],
    [
      'a ConfigMap with a bad key',
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { 'a b': '1' } },
      [
        "data[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
      ],
    ],
    [
      'a ConfigMap with a key that climbs',
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { '..': '1' } },
      ['data[..]: Invalid value: "..": must not be \'..\''],
    ],
    [
      'a Namespace with dots',
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a.b' } },
      ['metadata.name: Invalid value: "a.b": must not contain dots'],
    ],
    [
      'a label key with two slashes',
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', labels: { 'a/b/c': '1' } } },
      [
        "metadata.labels: Invalid value: \"a/b/c\": a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
      ],
    ],
    [
      'a ServiceCIDR without ranges',
      { apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata: { name: 'a' }, spec: { cidrs: [] } },
      ['spec.cidrs: Required value: at least one CIDR required'],
    ],
    [
      'a ServiceCIDR that is none',
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'ServiceCIDR',
        metadata: { name: 'a' },
        spec: { cidrs: ['10.0.0.0'] },
      },
      ['spec.cidrs[0]: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'],
    ],
  ])('%s', (_name, draft, errors) => {
    expect(new Pipeline().create(draft).errors).toEqual(errors);
  });
});

describe('an IPAddress', () => {
  const address = (name: string): Draft => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: { name },
  });
  it.each<[string, string[]]>([
    ['10.96.0.10', []],
    ['2001:db8::1', []],
    ['2001:DB8::1', ['metadata.name: Invalid value: "2001:DB8::1": must be in canonical form ("2001:db8::1")']],
    ['web', ['metadata.name: Invalid value: "web": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']],
  ])('is named %s: %j', (name, errors) => {
    expect(new Pipeline().create(address(name)).errors).toEqual(errors);
  });
});
