/** The definitions the API publishes; the generator keeps these and everything they refer to. */
const CORE = 'io.k8s.api.core.v1';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

const KINDS = [
  ...['Namespace', 'Node', 'Pod', 'Service', 'Endpoints', 'ConfigMap', 'Secret', 'ServiceAccount', 'Event'].map(
    (kind) => `${CORE}.${kind}`,
  ),
  `${CORE}.ReplicationController`,
  ...['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'ControllerRevision'].map(
    (kind) => `io.k8s.api.apps.v1.${kind}`,
  ),
  'io.k8s.api.discovery.v1.EndpointSlice',
  'io.k8s.api.coordination.v1.Lease',
  'io.k8s.api.events.v1.Event',
  ...['ServiceCIDR', 'IPAddress', 'NetworkPolicy', 'Ingress', 'IngressClass'].map(
    (kind) => `io.k8s.api.networking.v1.${kind}`,
  ),
] as const;

/** What is no stored resource: bodies of subresources, answers, options. */
const OTHERS = [
  `${CORE}.Binding`,
  'io.k8s.api.policy.v1.Eviction',
  'io.k8s.api.autoscaling.v1.Scale',
  'io.k8s.api.authentication.v1.TokenRequest',
  'io.k8s.api.authentication.v1.TokenReview',
  'io.k8s.api.authentication.v1.SelfSubjectReview',
  'io.k8s.api.authorization.v1.SelfSubjectAccessReview',
  'io.k8s.api.authorization.v1.SelfSubjectRulesReview',
  'io.k8s.api.authorization.v1.SubjectAccessReview',
  ...['APIGroup', 'APIGroupList', 'APIResourceList', 'APIVersions', 'DeleteOptions', 'ListMeta', 'Patch', 'Status'].map(
    (kind) => `${META}.${kind}`,
  ),
  `${META}.WatchEvent`,
  'io.k8s.apimachinery.pkg.version.Info',
] as const;

export const SCHEMA_ROOTS: readonly string[] = [...KINDS, ...KINDS.map((name) => `${name}List`), ...OTHERS];
