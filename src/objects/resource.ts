/** The resources of the API: how each is addressed. The registry in `api/` adds schema, defaults and columns. */
import type * as wire from './wire.ts';

export interface ResourceType<T extends wire.ApiObject = wire.ApiObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Never set: carries the object type. */
  readonly _type?: T;
}

function define<T extends wire.ApiObject>(
  apiVersion: string,
  kind: string,
  plural: string,
  namespaced = true,
): ResourceType<T> {
  const slash = apiVersion.indexOf('/');
  return {
    group: slash < 0 ? '' : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    kind,
    plural,
    namespaced,
  };
}

export const NAMESPACES = define<wire.Namespace>('v1', 'Namespace', 'namespaces', false);
export const NODES = define<wire.Node>('v1', 'Node', 'nodes', false);
export const PODS = define<wire.Pod>('v1', 'Pod', 'pods');
export const SERVICES = define<wire.Service>('v1', 'Service', 'services');
export const ENDPOINTS = define<wire.Endpoints>('v1', 'Endpoints', 'endpoints');
export const CONFIG_MAPS = define<wire.ConfigMap>('v1', 'ConfigMap', 'configmaps');
export const SECRETS = define<wire.Secret>('v1', 'Secret', 'secrets');
export const SERVICE_ACCOUNTS = define<wire.ServiceAccount>('v1', 'ServiceAccount', 'serviceaccounts');
export const EVENTS = define<wire.Event>('v1', 'Event', 'events');
/** Those of `EVENTS`, as the newer group shows them. */
export const EVENTS_V1 = define<wire.EventV1>('events.k8s.io/v1', 'Event', 'events');
export const REPLICATION_CONTROLLERS = define<wire.ReplicationController>(
  'v1',
  'ReplicationController',
  'replicationcontrollers',
);
export const DEPLOYMENTS = define<wire.Deployment>('apps/v1', 'Deployment', 'deployments');
export const REPLICA_SETS = define<wire.ReplicaSet>('apps/v1', 'ReplicaSet', 'replicasets');
export const STATEFUL_SETS = define<wire.StatefulSet>('apps/v1', 'StatefulSet', 'statefulsets');
export const DAEMON_SETS = define<wire.DaemonSet>('apps/v1', 'DaemonSet', 'daemonsets');
export const CONTROLLER_REVISIONS = define<wire.ControllerRevision>(
  'apps/v1',
  'ControllerRevision',
  'controllerrevisions',
);
export const ENDPOINT_SLICES = define<wire.EndpointSlice>('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices');
export const LEASES = define<wire.Lease>('coordination.k8s.io/v1', 'Lease', 'leases');
export const NETWORK_POLICIES = define<wire.NetworkPolicy>('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies');
export const INGRESSES = define<wire.Ingress>('networking.k8s.io/v1', 'Ingress', 'ingresses');
export const INGRESS_CLASSES = define<wire.IngressClass>(
  'networking.k8s.io/v1',
  'IngressClass',
  'ingressclasses',
  false,
);
export const SERVICE_CIDRS = define<wire.ServiceCIDR>('networking.k8s.io/v1', 'ServiceCIDR', 'servicecidrs', false);
export const IP_ADDRESSES = define<wire.IPAddress>('networking.k8s.io/v1', 'IPAddress', 'ipaddresses', false);

/** `v1` or `group/version`. */
export function apiVersionOf(type: ResourceType): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/** The path of a collection, or of an object in it. */
export function pathOf(type: ResourceType, namespace?: string, name?: string, subresource?: string): string {
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const scope = type.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${root}${scope}/${type.plural}${object}${subresource === undefined ? '' : `/${subresource}`}`;
}
