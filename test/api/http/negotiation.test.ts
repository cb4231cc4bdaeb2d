import { describe, expect, it } from 'vitest';
import { negotiate, wantsAggregatedDiscovery } from '../../../src/api/http/negotiation.ts';
import { parseResourcePath } from '../../../src/api/http/request-path.ts';

describe('the Accept header', () => {
  it.each([
    [undefined, { as: 'object', encoding: 'json' }],
    ['*/*', { as: 'object', encoding: 'json' }],
    ['application/vnd.kubernetes.protobuf, application/json', { as: 'object', encoding: 'json' }],
    ['application/yaml', { as: 'object', encoding: 'yaml' }],
    [
      'application/json;as=Table;v=v1;g=meta.k8s.io, application/json',
      { as: 'table', encoding: 'json', version: 'v1' },
    ],
    ['application/json;as=Table;v=v2;g=meta.k8s.io, application/json', { as: 'object', encoding: 'json' }],
    ['application/json;q=0, application/yaml', { as: 'object', encoding: 'yaml' }],
    [
      'application/json; as=PartialObjectMetadata; g=meta.k8s.io; v=v1beta1',
      { as: 'metadata', encoding: 'json', version: 'v1beta1' },
    ],
  ])('%s', (accept, form) => {
    expect(negotiate(accept)).toEqual(form);
  });

  it.each(['application/vnd.kubernetes.protobuf', 'text/html', 'application/json;as=Other;v=v1;g=meta.k8s.io'])(
    '%s: 406',
    (accept) => {
      expect(() => negotiate(accept)).toThrow('only the following media types are accepted');
    },
  );

  it('asks for aggregated discovery by its group and version', () => {
    const v2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const beta = v2.replace('v=v2', 'v=v2beta1');
    expect(wantsAggregatedDiscovery(`${v2},${beta},application/json`)).toBe('v2');
    expect(wantsAggregatedDiscovery(`${beta},application/json`)).toBe('v2beta1');
    expect(wantsAggregatedDiscovery('application/json')).toBeUndefined();
    expect(wantsAggregatedDiscovery(undefined)).toBeUndefined();
  });
});

describe('paths', () => {
  const none = { watch: false, namespace: undefined, name: undefined, subresource: undefined, rest: [] };
  const core = { ...none, group: '', version: 'v1' };

  it.each([
    ['/api/v1/namespaces', { ...core, plural: 'namespaces' }],
    ['/api/v1/namespaces/a', { ...core, plural: 'namespaces', name: 'a' }],
    ['/api/v1/namespaces/a/status', { ...core, plural: 'namespaces', name: 'a', subresource: 'status' }],
    ['/api/v1/namespaces/a/pods', { ...core, plural: 'pods', namespace: 'a' }],
    ['/api/v1/namespaces/a/pods/b/log', { ...core, plural: 'pods', namespace: 'a', name: 'b', subresource: 'log' }],
    ['/api/v1/pods', { ...core, plural: 'pods' }],
    ['/api/v1/nodes/n%2Dx', { ...core, plural: 'nodes', name: 'n-x' }],
    ['/api/v1/watch/pods', { ...core, watch: true, plural: 'pods' }],
    ['/api/v1/watch/namespaces/a/pods/b', { ...core, watch: true, plural: 'pods', namespace: 'a', name: 'b' }],
    ['/api/v1/watch', undefined],
    ['/api//v1/pods', undefined],
    ['/api/v1//pods', undefined],
    ['/api/v1/namespaces//pods', undefined],
    [
      '/apis/apps/v1/namespaces/a/deployments/b',
      { ...none, group: 'apps', version: 'v1', plural: 'deployments', namespace: 'a', name: 'b' },
    ],
    ['/apis/apps/v1', undefined],
    ['/api/v1/', undefined],
    ['/healthz', undefined],
  ])('%s', (path, parsed) => {
    expect(parseResourcePath(path)).toEqual(parsed);
  });

  it.each(['/api/v1/nodes/n%2Fx', '/api/v1/nodes/..', '/api/v1/nodes/%2e%2e', '/api/v1/namespaces/%252e/pods'])(
    '%s names nothing',
    (path) => expect(() => parseResourcePath(path)).toThrow('invalid resource name'),
  );
});
