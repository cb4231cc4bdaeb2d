/** Defaults of a Service. Source: Kubernetes' core/v1 defaults and the Service registry's. In place, idempotent. */
import type { Service } from '../../objects/wire.ts';

/** Three hours. */
const AFFINITY_SECONDS = 10800;

/** Fills in a Service; addresses and node ports are allocation's. */
export function defaultService(object: Service): void {
  object.spec ??= {};
  const { spec } = object;
  spec.sessionAffinity ??= 'None';
  if (spec.sessionAffinity === 'ClientIP') {
    spec.sessionAffinityConfig ??= {};
    spec.sessionAffinityConfig.clientIP ??= {};
    spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= AFFINITY_SECONDS;
  } else if (spec.sessionAffinity === 'None') {
    delete spec.sessionAffinityConfig;
  }
  spec.type ??= 'ClusterIP';
  for (const port of spec.ports ?? []) {
    port.protocol ??= 'TCP';
    if (port.targetPort === undefined || port.targetPort === 0) port.targetPort = port.port;
    // Zero is Go's way to say none.
    if (port.nodePort === 0) delete port.nodePort;
  }
  const external = spec.type === 'NodePort' || spec.type === 'LoadBalancer' || spec.externalIPs !== undefined;
  if (external && spec.type !== 'ExternalName') spec.externalTrafficPolicy ??= 'Cluster';
  if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
  for (const ingress of object.status?.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ??= 'VIP';
}
