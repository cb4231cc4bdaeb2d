/**
 * Names of kube-proxy's chains. Those of a Service port carry the first 16 characters of a base32 SHA-256, since a
 * chain's name may have at most 28 characters.
 */
import type { EndpointView, ServicePortView } from '../../../objects/service-port-view.ts';
import type { ServiceChainNames } from '../service-chains.ts';
import { shortHash } from '../short-hash.ts';

/** 80 bits. */
const HASH_LENGTH = 16;

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

/** The names of a Service port's own chains. */
export function serviceChainNames(view: Pick<ServicePortView, 'nameString' | 'name'>): ServiceChainNames {
  const suffix = shortHash(view.nameString + view.name.protocol.toLowerCase(), HASH_LENGTH);
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
  return `KUBE-SEP-${shortHash(view.nameString + view.name.protocol.toLowerCase() + endpoint.address, HASH_LENGTH)}`;
}

/** True for chains that belong to one Service port: they come and go with it. */
export function isServiceChain(name: string): boolean {
  return PER_SERVICE.some((prefix) => name.startsWith(prefix));
}
