/** A Service as kube-proxy reads it: one spec per port, for one IP family. Pure. */
import { formatCidr, parseCidr } from '../net/cidr.ts';
import { formatIp, type IpFamily, parseIp } from '../net/ip.ts';
import {
  formatServicePortName,
  type Protocol,
  type ServicePortName,
  type ServicePortSpec,
  viewKey,
} from '../objects/service-port-view.ts';
import type { Service, ServiceSpec } from '../objects/wire.ts';

/** Services with this label belong to another proxy. */
export const SERVICE_PROXY_NAME_LABEL = 'service.kubernetes.io/service-proxy-name';

const DEFAULT_AFFINITY_SECONDS = 10_800;

/** Names end up in rules and chain comments: whatever is no DNS name is left out, even if an API server let it in. */
const DNS_NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/** The canonical form of an address of this family; undefined for anything else. */
export function canonicalIp(text: string, family: IpFamily): string | undefined {
  const ip = parseIp(text);
  return ip?.family === family ? formatIp(ip) : undefined;
}

/** TCP, UDP or SCTP; undefined for anything else. */
export function protocolOf(text: string | undefined): Protocol | undefined {
  if (text === undefined) return 'TCP';
  return text === 'TCP' || text === 'UDP' || text === 'SCTP' ? text : undefined;
}

export function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 65_536;
}

/** Whether the words can stand in a rule: DNS names, and a port's name or nothing. */
export function isNameSafe(name: Omit<ServicePortName, 'protocol'>): boolean {
  return DNS_NAME.test(name.namespace) && DNS_NAME.test(name.name) && (name.port === '' || DNS_NAME.test(name.port));
}

/**
 * The ports of a Service in this family, by view key. Empty for headless and ExternalName Services, for those with
 * the label of another proxy, and for those without an address of the family.
 */
export function servicePortsOf(service: Service, family: IpFamily): Map<string, ServicePortSpec> {
  const ports = new Map<string, ServicePortSpec>();
  const spec = service.spec;
  if (spec === undefined || spec.type === 'ExternalName') return ports;
  if (service.metadata?.labels?.[SERVICE_PROXY_NAME_LABEL] !== undefined) return ports;
  const clusterIP = (spec.clusterIPs ?? [spec.clusterIP ?? ''])
    .map((address) => canonicalIp(address, family))
    .find((address) => address !== undefined);
  if (clusterIP === undefined) return ports;

  const shared = { family, clusterIP, ...addressesOf(service, spec, family), ...policiesOf(spec) };
  for (const port of spec.ports ?? []) {
    const protocol = protocolOf(port.protocol);
    const { namespace = '', name: serviceName = '' } = service.metadata ?? {};
    const words = { namespace, name: serviceName, port: port.name ?? '' };
    if (protocol === undefined || !isPort(port.port) || !isNameSafe(words)) continue;
    const name: ServicePortName = Object.freeze({ ...words, protocol });
    ports.set(
      viewKey(name),
      Object.freeze({
        ...shared,
        name,
        nameString: formatServicePortName(name),
        port: port.port,
        nodePort: isPort(port.nodePort) ? port.nodePort : undefined,
      }),
    );
  }
  return ports;
}

function addressesOf(service: Service, spec: ServiceSpec, family: IpFamily) {
  const ofFamily = (addresses: readonly (string | undefined)[]) =>
    Object.freeze([
      ...new Set(addresses.map((text) => canonicalIp(text ?? '', family)).filter((ip) => ip !== undefined)),
    ]);
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  const ranges = (spec.loadBalancerSourceRanges ?? [])
    .map((range) => parseCidr(range.trim()))
    .filter((range) => range?.family === family)
    // As Go prints a network: 10.1.2.3/8 is 10.0.0.0/8 (upstream pkg/proxy/util/utils.go, MapCIDRsByIPFamily).
    .map((range) => formatCidr(range!));
  return {
    externalIPs: ofFamily(spec.externalIPs ?? []),
    loadBalancerVIPs: ofFamily(
      ingress.filter(({ ipMode }) => ipMode === undefined || ipMode === 'VIP').map(({ ip }) => ip),
    ),
    loadBalancerSourceRanges: Object.freeze([...new Set(ranges)]),
  };
}

function policiesOf(spec: ServiceSpec) {
  const isExternal = spec.type === 'NodePort' || spec.type === 'LoadBalancer' || (spec.externalIPs ?? []).length > 0;
  const isExternalPolicyLocal = isExternal && spec.externalTrafficPolicy === 'Local';
  return {
    affinitySeconds: spec.sessionAffinity === 'ClientIP' ? affinitySecondsOf(spec) : undefined,
    isInternalPolicyLocal: spec.internalTrafficPolicy === 'Local',
    isExternalPolicyLocal,
    healthCheckNodePort:
      spec.type === 'LoadBalancer' && isExternalPolicyLocal && isPort(spec.healthCheckNodePort)
        ? spec.healthCheckNodePort
        : undefined,
  };
}

function affinitySecondsOf({ sessionAffinityConfig }: ServiceSpec): number {
  const seconds: unknown = sessionAffinityConfig?.clientIP?.timeoutSeconds;
  return Number.isInteger(seconds) ? (seconds as number) : DEFAULT_AFFINITY_SECONDS;
}
