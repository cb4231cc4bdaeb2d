/**
 * All kinds the API serves. A registry belongs to one API server: it holds the allocators of cluster
 * IPs and node ports.
 */
import { ServiceAllocator } from './allocation/service-allocator.ts';
import { configMap } from './kinds/config-map.ts';
import { controllerRevision } from './kinds/controller-revision.ts';
import { daemonSet } from './kinds/daemon-set.ts';
import { deployment } from './kinds/deployment.ts';
import { endpointSlice } from './kinds/endpoint-slice.ts';
import { endpoints } from './kinds/endpoints.ts';
import { event } from './kinds/event.ts';
import { eventV1 } from './kinds/event-v1.ts';
import { ingress } from './kinds/ingress.ts';
import { ingressClass } from './kinds/ingress-class.ts';
import { ipAddress } from './kinds/ip-address.ts';
import { lease } from './kinds/lease.ts';
import { namespace } from './kinds/namespace.ts';
import { networkPolicy } from './kinds/network-policy.ts';
import { node } from './kinds/node.ts';
import { pod } from './kinds/pod.ts';
import { replicaSet } from './kinds/replica-set.ts';
import { replicationController } from './kinds/replication-controller.ts';
import { secret } from './kinds/secret.ts';
import { service } from './kinds/service.ts';
import { serviceAccount } from './kinds/service-account.ts';
import { serviceCIDR } from './kinds/service-cidr.ts';
import { statefulSet } from './kinds/stateful-set.ts';
import type { ResourceDefinition } from './resource-definition.ts';
import { validateMetadata } from './validation/metadata.ts';
import { dns1035Label, dnsLabel, dnsSubdomain, ipName, type TextCheck } from './validation/names.ts';

export interface RegistryOptions {
  /** `10.96.0.0/12`; the first is the `kubernetes` ServiceCIDR. */
  readonly serviceCIDRs: readonly string[];
  /** Both ends included; absent: 30000–32767. */
  readonly nodePortRange?: { readonly first: number; readonly last: number };
  /** PEM text for the `kube-root-ca.crt` ConfigMap of every namespace. */
  readonly certificateAuthority: string;
  /** PEM of the key service accounts' tokens are signed with; absent: a new one. */
  readonly serviceAccountKey?: string;
}

export interface Registry {
  readonly definitions: readonly ResourceDefinition[];
}

/** Every definition, with fresh allocators. */
export function createRegistry(options: RegistryOptions): Registry {
  const allocator = new ServiceAllocator(options.serviceCIDRs, options.nodePortRange ?? { first: 30000, last: 32767 });
  // Each is written for its own type; the server core handles them all as objects with metadata.
  const definitions = [
    namespace(options.certificateAuthority),
    node,
    pod,
    service(allocator),
    endpoints,
    configMap,
    secret,
    serviceAccount,
    event,
    eventV1,
    replicationController,
    deployment,
    replicaSet,
    statefulSet,
    daemonSet,
    controllerRevision,
    endpointSlice,
    lease,
    serviceCIDR(allocator),
    ipAddress,
    networkPolicy,
    ingress,
    ingressClass,
  ].map((definition) => withMetadataRules(definition as unknown as ResourceDefinition));
  return { definitions };
}

/** Names that are more than DNS subdomains. */
const NAME_CHECKS: Readonly<Record<string, TextCheck>> = {
  Namespace: dnsLabel,
  Service: dns1035Label,
  StatefulSet: dnsLabel,
  IPAddress: ipName,
};

/** The rules of metadata come before a kind's own. */
function withMetadataRules(definition: ResourceDefinition): ResourceDefinition {
  const { strategy } = definition;
  const nameCheck = NAME_CHECKS[definition.type.kind] ?? dnsSubdomain;
  const validate: typeof strategy.validate = (object, context) => [
    ...validateMetadata(object, nameCheck),
    ...(strategy.validate?.(object, context) ?? []),
  ];
  return { ...definition, strategy: { ...strategy, validate } };
}
