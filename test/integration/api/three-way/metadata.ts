/** Labels, annotations, finalizers, owners, and objects that are little more than maps. */
import { configMap, type ThreeWayCase } from './case.ts';

const owner = (uid: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', name: uid, uid });

export const METADATA: readonly ThreeWayCase[] = [
  {
    what: 'a key more',
    last: configMap({ a: '1' }),
    next: configMap({ a: '1', b: '2' }),
    result: { data: { a: '1', b: '2' } },
  },
  {
    what: 'a key less',
    last: configMap({ a: '1', b: '2' }),
    next: configMap({ a: '1' }),
    result: { data: { a: '1' } },
  },
  { what: 'a value changes', last: configMap({ a: '1' }), next: configMap({ a: '2' }), result: { data: { a: '2' } } },
  {
    what: 'somebody else’s key stays',
    last: configMap({ a: '1' }),
    live: { data: { b: '2' } },
    next: configMap({ a: '1' }),
    result: { data: { a: '1', b: '2' } },
  },
  {
    what: 'somebody else’s value is set back',
    last: configMap({ a: '1' }),
    live: { data: { a: '9' } },
    next: configMap({ a: '1' }),
    result: { data: { a: '1' } },
  },
  {
    what: 'what somebody else has removed comes back',
    last: configMap({ a: '1', b: '2' }),
    live: { data: { b: null } },
    next: configMap({ a: '1', b: '2' }),
    result: { data: { a: '1', b: '2' } },
  },
  {
    what: 'what is gone already can be dropped',
    last: configMap({ a: '1', b: '2' }),
    live: { data: { b: null } },
    next: configMap({ a: '1' }),
    result: { data: { a: '1' } },
  },
  {
    what: 'what somebody else has set already can be stated',
    last: configMap({ a: '1' }),
    live: { data: { b: '2' } },
    next: configMap({ a: '1', b: '2' }),
    result: { data: { a: '1', b: '2' } },
  },
  { what: 'all keys go', last: configMap({ a: '1' }), next: configMap(undefined), result: { data: undefined } },
  {
    what: 'all keys go, somebody else’s too: the map itself was applied',
    last: configMap({ a: '1' }),
    live: { data: { b: '2' } },
    next: configMap(undefined),
    result: { data: undefined },
  },
  {
    what: 'an empty map drops what was in it',
    last: configMap({ a: '1', b: '2' }),
    next: configMap({}),
    result: { data: undefined },
  },
  {
    what: 'an empty value is a value',
    last: configMap({ a: '1' }),
    next: configMap({ a: '' }),
    result: { data: { a: '' } },
  },
  {
    what: 'an empty value can be dropped',
    last: configMap({ a: '', b: '1' }),
    next: configMap({ b: '1' }),
    result: { data: { b: '1' } },
  },
  {
    what: 'a null drops the key',
    last: configMap({ a: '1', b: '2' }),
    next: configMap({ a: '1', b: null }),
    result: { data: { a: '1' } },
  },
  {
    what: 'a label more, a label less, a label of somebody else',
    last: configMap(undefined, { labels: { a: '1', b: '2' } }),
    live: { metadata: { labels: { z: '9' } } },
    next: configMap(undefined, { labels: { a: '1', c: '3' } }),
    result: { 'metadata.labels': { a: '1', c: '3', z: '9' } },
  },
  {
    what: 'labels are stated no longer',
    last: configMap(undefined, { labels: { a: '1' } }),
    next: configMap(undefined),
    result: { 'metadata.labels': undefined },
  },
  {
    what: 'annotations of somebody else stay',
    last: configMap(undefined, { annotations: { a: '1' } }),
    live: { metadata: { annotations: { 'example.com/other': 'x' } } },
    next: configMap(undefined, { annotations: { b: '2' } }),
    result: {
      'metadata.annotations.a': undefined,
      'metadata.annotations.b': '2',
      'metadata.annotations.example\\.com/other': 'x',
    },
  },
  {
    what: 'a finalizer more, and somebody else’s stays',
    last: configMap(undefined, { finalizers: ['example.com/a'] }),
    live: { metadata: { finalizers: ['example.com/z'] } },
    next: configMap(undefined, { finalizers: ['example.com/a', 'example.com/b'] }),
    result: { 'metadata.finalizers': ['example.com/z', 'example.com/a', 'example.com/b'] },
  },
  {
    what: 'a finalizer less',
    last: configMap(undefined, { finalizers: ['example.com/a', 'example.com/b'] }),
    next: configMap(undefined, { finalizers: ['example.com/b'] }),
    result: { 'metadata.finalizers': ['example.com/b'] },
  },
  {
    what: 'an owner more beside one of somebody else’s',
    last: configMap(undefined, { ownerReferences: [owner('u1')] }),
    live: { metadata: { ownerReferences: [owner('u9')] } },
    next: configMap(undefined, { ownerReferences: [owner('u1'), owner('u2')] }),
    result: { 'metadata.ownerReferences': [owner('u9'), owner('u1'), owner('u2')] },
  },
  {
    what: 'pull secrets of a ServiceAccount are replaced as a whole',
    last: { apiVersion: 'v1', kind: 'ServiceAccount', imagePullSecrets: [{ name: 'a' }, { name: 'b' }] },
    live: { imagePullSecrets: [{ name: 'z' }] },
    next: { apiVersion: 'v1', kind: 'ServiceAccount', imagePullSecrets: [{ name: 'b' }, { name: 'c' }] },
    result: { imagePullSecrets: [{ name: 'b' }, { name: 'c' }] },
  },
  {
    what: 'the subsets of Endpoints are replaced as a whole',
    last: {
      apiVersion: 'v1',
      kind: 'Endpoints',
      subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80, protocol: 'TCP' }] }],
    },
    live: { subsets: [{ addresses: [{ ip: '192.0.2.9' }], ports: [{ port: 80, protocol: 'TCP' }] }] },
    next: {
      apiVersion: 'v1',
      kind: 'Endpoints',
      subsets: [{ addresses: [{ ip: '192.0.2.2' }], ports: [{ port: 81, protocol: 'TCP' }] }],
    },
    result: { subsets: [{ addresses: [{ ip: '192.0.2.2' }], ports: [{ port: 81, protocol: 'TCP' }] }] },
  },
  {
    what: 'a Secret’s text takes the place of its data',
    last: { apiVersion: 'v1', kind: 'Secret', data: { a: 'MQ==' } },
    next: { apiVersion: 'v1', kind: 'Secret', data: { a: 'Mg==', b: 'Mw==' } },
    result: { data: { a: 'Mg==', b: 'Mw==' } },
  },
];
