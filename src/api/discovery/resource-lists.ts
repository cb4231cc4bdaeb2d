/** The older form of discovery: /api, /apis, and one APIResourceList per group and version. */
import { type DiscoveredResource, type DiscoveryGroup, subresourcesOf } from './discovered.ts';

/** `/api`. */
export function coreVersions(serverAddress: string): object {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

/** `/apis`. */
export function groupList(groups: readonly DiscoveryGroup[]): object {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.filter(({ name }) => name !== '').map(groupBody) };
}

/** `/apis/GROUP`. */
export function apiGroup(group: DiscoveryGroup): object {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupBody(group) };
}

function groupBody({ name, versions }: DiscoveryGroup): object {
  const entries = versions.map(({ version }) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: entries, preferredVersion: entries[0] };
}

/** `/api/v1`, `/apis/GROUP/VERSION`. */
export function resourceList(groupVersion: string, resources: readonly DiscoveredResource[]): object {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: resources.flatMap((resource) => [resourceBody(resource), ...subresourceBodies(resource)]),
  };
}

function resourceBody(resource: DiscoveredResource): object {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories } = resource;
  return {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
  };
}

function subresourceBodies(resource: DiscoveredResource): object[] {
  return subresourcesOf(resource).map(({ name, kind, group, version, verbs }) => ({
    name: `${resource.plural}/${name}`,
    singularName: '',
    namespaced: resource.namespaced,
    ...(group === resource.group && version === resource.version ? {} : { group, version }),
    kind,
    verbs,
  }));
}
