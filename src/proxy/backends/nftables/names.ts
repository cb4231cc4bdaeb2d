/**
 * Names in kube-proxy's nftables tables. Those of a Service port begin with 8 characters of a hash of the words that
 * follow it, so that names cut off at 240 characters stay unique and like names look unlike.
 */
import type { IpFamily } from '../../../net/ip.ts';
import type { EndpointView, ServicePortView } from '../../../objects/service-port-view.ts';
import type { ServiceChainNames } from '../service-chains.ts';
import { shortHash } from '../short-hash.ts';

/** `ip kube-proxy` or `ip6 kube-proxy`: what every command begins with. */
export function tableOf(family: IpFamily): string {
  return `${family === 6 ? 'ip6' : 'ip'} kube-proxy`;
}

export const SERVICES = 'services';
export const MASQUERADING = 'masquerading';
export const REJECT = 'reject-chain';
export const FIREWALL_CHECK = 'firewall-check';
export const CLUSTER_IPS_CHECK = 'cluster-ips-check';
export const SERVICE_ENDPOINTS_CHECK = 'service-endpoints-check';
export const NODE_PORT_ENDPOINTS_CHECK = 'nodeport-endpoints-check';

/** The sets and maps all Services share. */
export const CONTAINERS = [
  'cluster-ips',
  'nodeport-ips',
  'hairpin-connections',
  'service-ips',
  'service-nodeports',
  'firewall-ips',
  'no-endpoint-services',
  'no-endpoint-nodeports',
] as const;

export type Container = (typeof CONTAINERS)[number];

/** Longest name without its prefix. */
const LONGEST = 240;
const LONGEST_COMMENT = 128;

/** The names of a Service port's own chains. */
export function serviceChainNames(view: Pick<ServicePortView, 'name'>): ServiceChainNames {
  const base = hashed(words(view));
  return {
    cluster: `service-${base}`,
    local: `local-${base}`,
    external: `external-${base}`,
    firewall: `firewall-${base}`,
  };
}

/** The chain of one endpoint and the set of clients that stick to it; both exist with session affinity only. */
export function endpointNames(
  view: Pick<ServicePortView, 'name'>,
  endpoint: Pick<EndpointView, 'ip' | 'port'>,
): { readonly chain: string; readonly affinitySet: string } {
  // No colon may stand in the name of a chain.
  const base = hashed(`${words(view)}__${endpoint.ip.replaceAll(':', '.')}/${endpoint.port}`);
  return { chain: `endpoint-${base}`, affinitySet: `affinity-${base}` };
}

/** True for chains that belong to one Service port: only their names have a slash. */
export function isServiceChain(name: string): boolean {
  return name.includes('/');
}

/** True for the sets of clients that stick to an endpoint. */
export function isAffinitySet(name: string): boolean {
  return name.startsWith('affinity-');
}

function words({ name }: Pick<ServicePortView, 'name'>): string {
  return `${name.namespace}/${name.name}/${name.protocol.toLowerCase()}/${name.port}`;
}

/** A comment of at most the 128 characters nft takes: of a Service whose names are all as long as they may be, the beginning. */
export function commentOf(nameString: string): string {
  return cut(nameString, LONGEST_COMMENT);
}

function hashed(text: string): string {
  return cut(`${shortHash(text, 8)}-${text}`, LONGEST);
}

function cut(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 3)}...` : text;
}
