/**
 * Names of kube-proxy's chains. Those of a Service port carry the first 16 characters of a base32 SHA-256, since a
 * chain's name may have at most 28 characters.
 */
import { hash } from 'node:crypto';
import type { EndpointView, ServicePortView } from '../../../objects/service-port-view.ts';

export const SERVICES = 'KUBE-SERVICES';
export const EXTERNAL_SERVICES = 'KUBE-EXTERNAL-SERVICES';
export const NODE_PORTS = 'KUBE-NODEPORTS';
export const POSTROUTING = 'KUBE-POSTROUTING';
export const MARK_MASQ = 'KUBE-MARK-MASQ';
export const FORWARD = 'KUBE-FORWARD';
export const PROXY_FIREWALL = 'KUBE-PROXY-FIREWALL';
export const PROXY_CANARY = 'KUBE-PROXY-CANARY';
/** The kubelet's; kube-proxy makes it too, so that neither has to wait for the other. */
export const FIREWALL = 'KUBE-FIREWALL';

const PER_SERVICE = ['KUBE-SVC-', 'KUBE-SVL-', 'KUBE-SEP-', 'KUBE-FW-', 'KUBE-EXT-'];

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** 16 characters of RFC 4648 base32 are the first 10 bytes: 80 bits. */
export function shortHash(text: string): string {
  const bytes = hash('sha256', text, 'buffer');
  let encoded = '';
  for (let bit = 0; bit < 80; bit += 5) {
    const pair = (bytes[bit >> 3]! << 8) | bytes[(bit >> 3) + 1]!;
    encoded += BASE32[(pair >> (11 - (bit & 7))) & 31];
  }
  return encoded;
}

export interface ServiceChainNames {
  /** To all endpoints (policy Cluster). */
  readonly cluster: string;
  /** To this node's endpoints (policy Local). */
  readonly local: string;
  /** For traffic to node ports, external and load-balancer IPs. */
  readonly external: string;
  /** Lets only `loadBalancerSourceRanges` through. */
  readonly firewall: string;
}

/** The names of a Service port's own chains. */
export function serviceChainNames(view: Pick<ServicePortView, 'nameString' | 'name'>): ServiceChainNames {
  const suffix = shortHash(view.nameString + view.name.protocol.toLowerCase());
  return {
    cluster: `KUBE-SVC-${suffix}`,
    local: `KUBE-SVL-${suffix}`,
    external: `KUBE-EXT-${suffix}`,
    firewall: `KUBE-FW-${suffix}`,
  };
}

/** The name of the chain of one endpoint of a Service port. */
export function endpointChainName(
  view: Pick<ServicePortView, 'nameString' | 'name'>,
  endpoint: Pick<EndpointView, 'address'>,
): string {
  return `KUBE-SEP-${shortHash(view.nameString + view.name.protocol.toLowerCase() + endpoint.address)}`;
}

/** True for chains that belong to one Service port: they come and go with it. */
export function isServiceChain(name: string): boolean {
  return PER_SERVICE.some((prefix) => name.startsWith(prefix));
}
