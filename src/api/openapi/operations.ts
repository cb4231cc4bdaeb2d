/** The operations of the API, independent of the version of the document they are written to. */
import { apiVersionOf, pathOf } from '../../objects/resource.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { REVIEWS } from '../reviews.ts';

export interface ApiOperation {
  readonly path: string;
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** `x-kubernetes-action`. */
  readonly action: 'list' | 'post' | 'deletecollection' | 'get' | 'put' | 'patch' | 'delete';
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly operationId: string;
  readonly namespaced: boolean;
  readonly named: boolean;
  /** Definition of the body; absent: none. */
  readonly body?: string;
  /** Definition of the answer. */
  readonly answer: string;
  readonly query: readonly QueryParameter[];
}

export interface QueryParameter {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean';
  readonly description: string;
}

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

function query(name: string, type: QueryParameter['type'], description: string): QueryParameter {
  return { name, type, description };
}

const PRETTY = query('pretty', 'string', 'Accepted for compatibility; the output is not pretty printed.');
const DRY_RUN = query('dryRun', 'string', 'All: process the request fully, but store nothing.');
const WRITE = [
  PRETTY,
  DRY_RUN,
  query('fieldManager', 'string', 'Name of the actor that makes the change.'),
  query('fieldValidation', 'string', 'How unknown and duplicate fields are met: Ignore, Warn or Strict.'),
];
const PATCH = [...WRITE, query('force', 'boolean', 'Apply takes fields from the managers that claim them.')];
const LIST = [
  PRETTY,
  query('allowWatchBookmarks', 'boolean', 'Ask for events of type BOOKMARK in a watch.'),
  query('continue', 'string', 'The token of the page before.'),
  query('fieldSelector', 'string', 'Restrict the objects by their fields.'),
  query('labelSelector', 'string', 'Restrict the objects by their labels.'),
  query('limit', 'integer', 'The largest number of objects to return at once.'),
  query('resourceVersion', 'string', 'The version the answer is to be of, or later than.'),
  query('resourceVersionMatch', 'string', 'How resourceVersion is applied: Exact or NotOlderThan.'),
  query('sendInitialEvents', 'boolean', 'Begin a watch with the state there is, then a bookmark.'),
  query('timeoutSeconds', 'integer', 'How long a watch may last.'),
  query('watch', 'boolean', 'Watch for changes instead of returning a list.'),
];
const DELETE = [
  PRETTY,
  DRY_RUN,
  query('gracePeriodSeconds', 'integer', 'Seconds before the object is removed.'),
  query('propagationPolicy', 'string', 'What becomes of dependents: Orphan, Background or Foreground.'),
];

/** Every operation on a stored resource, its `status` and its `scale`. */
export function operationsOf(definition: ResourceDefinition): ApiOperation[] {
  const { type, schema } = definition;
  const namespace = type.namespaced ? '{namespace}' : undefined;
  const place = (name?: string, subresource?: string) => decodeURIComponent(pathOf(type, namespace, name, subresource));
  const [collection, object] = [place(), place('{name}')];
  const base = baseOf(definition, schema);
  const status = `${META}.Status`;
  const list = { ...base, answer: `${schema}List`, query: LIST, namespaced: false } as const;
  const [body, options] = [schema, `${META}.DeleteOptions`];
  const operations: ApiOperation[] = [
    {
      ...list,
      path: collection,
      method: 'get',
      action: 'list',
      operationId: id('list', definition),
      namespaced: type.namespaced,
    },
    {
      ...base,
      path: collection,
      method: 'post',
      action: 'post',
      operationId: id('create', definition),
      body,
      query: WRITE,
    },
    {
      ...base,
      ...{
        path: collection,
        method: 'delete',
        action: 'deletecollection',
        operationId: id('deleteCollection', definition),
      },
      ...{ answer: status, body: options, query: [...DELETE, ...LIST.slice(2, 8)] },
    },
    ...objectOperations(definition, base, object, ''),
    {
      ...{ ...base, path: object, method: 'delete', action: 'delete', operationId: id('delete', definition) },
      ...{ answer: status, body: options, query: DELETE, named: true },
    },
  ];
  if (type.namespaced) {
    const path = pathOf(type);
    operations.push({
      ...list,
      path,
      method: 'get',
      action: 'list',
      operationId: id('list', definition, 'ForAllNamespaces'),
    });
  }
  if (definition.subresources.includes('status')) {
    operations.push(...objectOperations(definition, base, place('{name}', 'status'), 'Status'));
  }
  if (definition.subresources.includes('ephemeralcontainers')) {
    operations.push(
      ...objectOperations(definition, base, place('{name}', 'ephemeralcontainers'), 'Ephemeralcontainers'),
    );
  }
  if (definition.subresources.includes('scale')) {
    const scale = 'io.k8s.api.autoscaling.v1.Scale';
    const scaled = { ...base, group: 'autoscaling', version: 'v1', kind: 'Scale', answer: scale };
    operations.push(...objectOperations(definition, scaled, place('{name}', 'scale'), 'Scale'));
  }
  return operations;
}

type Base = Pick<ApiOperation, 'group' | 'version' | 'kind' | 'namespaced' | 'named' | 'answer' | 'query'>;

function baseOf({ type }: ResourceDefinition, answer: string): Base {
  const { group, version, kind, namespaced } = type;
  return { group, version, kind, namespaced, named: false, answer, query: [PRETTY] };
}

function objectOperations(definition: ResourceDefinition, base: Base, path: string, of: string): ApiOperation[] {
  const body = base.answer;
  const named = { ...base, path, named: true } as const;
  return [
    { ...named, method: 'get', action: 'get', operationId: id('read', definition, of) },
    { ...named, method: 'put', action: 'put', operationId: id('replace', definition, of), body, query: WRITE },
    {
      ...named,
      method: 'patch',
      action: 'patch',
      operationId: id('patch', definition, of),
      body: `${META}.Patch`,
      query: PATCH,
    },
  ];
}

/** `patchCoreV1NamespacedPodStatus`. */
function id(verb: string, { type }: ResourceDefinition, suffix = ''): string {
  const group = type.group === '' ? 'core' : type.group.split('.')[0]!;
  const scope = type.namespaced && suffix !== 'ForAllNamespaces' ? 'Namespaced' : '';
  return `${verb}${capital(group)}${capital(type.version)}${scope}${type.kind}${suffix}`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** The virtual resources of a group and version: they can only be created. */
export function reviewOperations(apiVersion: string): ApiOperation[] {
  return REVIEWS.filter((review) => apiVersionOf({ ...review, namespaced: false }) === apiVersion).map((review) => ({
    path: `/apis/${apiVersion}/${review.plural}`,
    method: 'post',
    action: 'post',
    group: review.group,
    version: review.version,
    kind: review.kind,
    operationId: `create${capital(review.group.split('.')[0]!)}${capital(review.version)}${review.kind}`,
    namespaced: false,
    named: false,
    body: review.schema,
    answer: review.schema,
    query: WRITE,
  }));
}
