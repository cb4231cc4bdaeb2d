/**
 * Which path a request belongs to: the tables of the Kubernetes documentation (concepts/services-networking/ingress: Examples, Hostname
 * wildcards). Each row is a host of its own.
 */

export interface PathRow {
  /** Path type and path of each rule, in their order. */
  readonly rules: readonly string[];
  /** Request path → the rule it belongs to; undefined: to none. */
  readonly requests: Readonly<Record<string, string | undefined>>;
}

export const PATH_TABLE: readonly PathRow[] = [
  { rules: ['Prefix /'], requests: { '/': 'Prefix /', '/anything/at/all': 'Prefix /' } },
  { rules: ['Exact /foo'], requests: { '/foo': 'Exact /foo', '/bar': undefined, '/foo/': undefined } },
  { rules: ['Exact /foo/'], requests: { '/foo': undefined, '/foo/': 'Exact /foo/' } },
  { rules: ['Prefix /foo'], requests: { '/foo': 'Prefix /foo', '/foo/': 'Prefix /foo' } },
  { rules: ['Prefix /foo/'], requests: { '/foo': 'Prefix /foo/', '/foo/': 'Prefix /foo/' } },
  { rules: ['Prefix /aaa/bb'], requests: { '/aaa/bbb': undefined } },
  {
    rules: ['Prefix /aaa/bbb'],
    requests: {
      '/aaa/bbb': 'Prefix /aaa/bbb',
      '/aaa/bbb/': 'Prefix /aaa/bbb',
      '/aaa/bbb/ccc': 'Prefix /aaa/bbb',
      '/aaa/bbbxyz': undefined,
    },
  },
  { rules: ['Prefix /aaa/bbb/'], requests: { '/aaa/bbb': 'Prefix /aaa/bbb/' } },
  { rules: ['Prefix /', 'Prefix /aaa'], requests: { '/aaa/ccc': 'Prefix /aaa' } },
  {
    rules: ['Prefix /', 'Prefix /aaa', 'Prefix /aaa/bbb'],
    requests: { '/aaa/bbb': 'Prefix /aaa/bbb', '/ccc': 'Prefix /', '/aaa/b': 'Prefix /aaa' },
  },
  { rules: ['Prefix /aaa'], requests: { '/ccc': undefined } },
  {
    rules: ['Prefix /foo', 'Exact /foo'],
    requests: { '/foo': 'Exact /foo', '/foo/': 'Prefix /foo', '/foo/bar': 'Prefix /foo' },
  },
  // Upper and lower case are told apart.
  { rules: ['Prefix /Foo'], requests: { '/foo': undefined, '/Foo': 'Prefix /Foo' } },
];

export const HOST_RULES = ['*.foo.example', 'one.foo.example'];
/** Host header → the host of the rule it belongs to; undefined: to none. */
export const HOST_TABLE: Readonly<Record<string, string | undefined>> = {
  'bar.foo.example': '*.foo.example',
  'baz.bar.foo.example': undefined,
  'foo.example': undefined,
  'one.foo.example': 'one.foo.example',
  'ONE.foo.Example': 'one.foo.example',
  'bar.foo.example:80': '*.foo.example',
  'other.example': undefined,
};
