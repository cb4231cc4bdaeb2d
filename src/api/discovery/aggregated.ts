/** Aggregated discovery: every group, version and resource in one `APIGroupDiscoveryList`. */
import { type DiscoveredResource, type DiscoveryGroup, subresourcesOf } from './discovered.ts';

/** `/api` with the core group, `/apis` with all others. */
export function aggregatedDiscovery(groups: readonly DiscoveryGroup[], version: 'v2' | 'v2beta1'): object {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(({ name, versions }) => ({
      metadata: { creationTimestamp: null, ...(name === '' ? {} : { name }) },
      versions: versions.map(({ version: groupVersion, resources }) => ({
        version: groupVersion,
        resources: resources.map(resourceBody),
        freshness: 'Current',
      })),
    })),
  };
}

function resourceBody(resource: DiscoveredResource): object {
  const { group, version, kind, plural, singular, namespaced, verbs, shortNames, categories } = resource;
  const subresources = subresourcesOf(resource).map((subresource) => ({
    subresource: subresource.name,
    responseKind: { group: subresource.group, version: subresource.version, kind: subresource.kind },
    verbs: subresource.verbs,
  }));
  return {
    resource: plural,
    responseKind: { group, version, kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}
