/** What discovery tells of the API: the registry's resources and the virtual ones, grouped. Both forms are made of it. */
import type { DefinitionIndex } from '../definition-index.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { REVIEWS } from '../reviews.ts';

export interface DiscoveredResource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: ResourceDefinition['subresources'];
}

export interface DiscoveryGroup {
  /** Empty for the core group. */
  readonly name: string;
  readonly versions: readonly { readonly version: string; readonly resources: readonly DiscoveredResource[] }[];
}

export interface DiscoveredSubresource {
  readonly name: string;
  readonly kind: string;
  readonly group: string;
  readonly version: string;
  readonly verbs: readonly string[];
}

const RESOURCE_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

const PROXY_VERBS = ['create', 'delete', 'get', 'patch', 'update'];

/** Of evictions alone, which are asked for at pods: `kubectl drain` of old evicts only where it finds the group. */
const EVICTION_GROUP = { name: 'policy', version: 'v1' };

/** Subresources with a body of another kind than their resource's. */
const SUBRESOURCES: Partial<
  Record<string, { kind: string; group: string; version: string; verbs: readonly string[] }>
> = {
  scale: { kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: ['get', 'patch', 'update'] },
  binding: { kind: 'Binding', group: '', version: 'v1', verbs: ['create'] },
  token: { kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] },
  eviction: { kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
  log: { kind: 'Pod', group: '', version: 'v1', verbs: ['get'] },
  exec: { kind: 'PodExecOptions', group: '', version: 'v1', verbs: ['create', 'get'] },
  portforward: { kind: 'PodPortForwardOptions', group: '', version: 'v1', verbs: ['create', 'get'] },
  attach: { kind: 'PodAttachOptions', group: '', version: 'v1', verbs: ['create', 'get'] },
};

/** Every group of the API, the core group first. */
export function discover(definitions: DefinitionIndex): DiscoveryGroup[] {
  const stored = definitions.all.map(discoveredOf);
  const groups = new Map<string, Map<string, DiscoveredResource[]>>();
  for (const resource of [...stored, ...REVIEWS.map(discoveredReview)]) {
    const versions = groups.get(resource.group) ?? new Map<string, DiscoveredResource[]>();
    groups.set(resource.group, versions);
    versions.set(resource.version, [...(versions.get(resource.version) ?? []), resource]);
  }
  groups.set(EVICTION_GROUP.name, groups.get(EVICTION_GROUP.name) ?? new Map([[EVICTION_GROUP.version, []]]));
  return [...groups].map(([name, versions]) => ({
    name,
    versions: [...versions].map(([version, resources]) => ({
      version,
      resources: resources.sort((a, b) => (a.plural < b.plural ? -1 : 1)),
    })),
  }));
}

function discoveredOf({
  type,
  singular,
  shortNames,
  categories,
  subresources,
}: ResourceDefinition): DiscoveredResource {
  const { group, version, kind, plural, namespaced } = type;
  return {
    ...{ group, version, kind, plural, namespaced },
    ...{ singular, shortNames, categories, subresources },
    verbs: RESOURCE_VERBS,
  };
}

function discoveredReview({ group, version, kind, plural }: (typeof REVIEWS)[number]): DiscoveredResource {
  return {
    ...{ group, version, kind, plural },
    singular: kind.toLowerCase(),
    namespaced: false,
    verbs: ['create'],
    shortNames: [],
    categories: [],
    subresources: [],
  };
}

/** The subresources this server answers. */
export function subresourcesOf(resource: DiscoveredResource): DiscoveredSubresource[] {
  const { kind, group, version } = resource;
  return resource.subresources.flatMap((name): DiscoveredSubresource[] => {
    if (name === 'status') return [{ name, kind, group, version, verbs: ['get', 'patch', 'update'] }];
    if (name === 'ephemeralcontainers') return [{ name, kind, group, version, verbs: ['get', 'patch', 'update'] }];
    if (name === 'finalize') return [{ name, kind, group, version, verbs: ['update'] }];
    if (name === 'proxy') return [{ name, kind: `${kind}ProxyOptions`, group, version, verbs: PROXY_VERBS }];
    const other = SUBRESOURCES[name];
    return other === undefined ? [] : [{ name, ...other }];
  });
}
