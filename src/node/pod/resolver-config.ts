/** `/etc/resolv.conf` of a pod by its dnsPolicy and dnsConfig. Pure. */
import type { PodSpec } from '../../objects/wire.ts';

export interface ClusterDns {
  readonly address: string;
  readonly domain: string;
  /** The text of the node's own `/etc/resolv.conf`. */
  readonly nodeConfig: string;
}

interface Resolver {
  nameservers: string[];
  searches: string[];
  options: string[];
}

/** Kubernetes' limits: what is more is cut. */
const MOST_NAMESERVERS = 3;
const MOST_SEARCHES = 32;

/** The file's text. ClusterFirst of a pod on the node's own network means Default. */
export function resolverConfig(spec: PodSpec, namespace: string, dns: ClusterDns): string {
  const resolver = basis(spec, namespace, dns);
  const { nameservers = [], searches = [], options = [] } = spec.dnsConfig ?? {};
  const merged = unique([...resolver.nameservers, ...nameservers]).slice(0, MOST_NAMESERVERS);
  const search = unique([...resolver.searches, ...searches]).slice(0, MOST_SEARCHES);
  const named = new Map<string, string>();
  for (const option of resolver.options) named.set(option.split(':', 1)[0]!, option);
  for (const { name = '', value } of options) named.set(name, value === undefined ? name : `${name}:${value}`);
  return [
    ...(search.length > 0 ? [`search ${search.join(' ')}`] : []),
    ...merged.map((address) => `nameserver ${address}`),
    ...(named.size > 0 ? [`options ${[...named.values()].join(' ')}`] : []),
    '',
  ].join('\n');
}

function basis(spec: PodSpec, namespace: string, { address, domain, nodeConfig }: ClusterDns): Resolver {
  const node = parseResolverConfig(nodeConfig);
  const policy = spec.dnsPolicy ?? 'ClusterFirst';
  if (policy === 'None') return { nameservers: [], searches: [], options: [] };
  if (policy === 'Default' || (policy === 'ClusterFirst' && spec.hostNetwork === true)) return node;
  return {
    nameservers: [address],
    searches: [`${namespace}.svc.${domain}`, `svc.${domain}`, domain, ...node.searches],
    options: ['ndots:5'],
  };
}

/** What a resolv.conf says; `search` and `options` lines replace earlier ones, as resolvers read them. */
function parseResolverConfig(text: string): Resolver {
  const resolver: Resolver = { nameservers: [], searches: [], options: [] };
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    if (keyword === 'nameserver' && values[0] !== undefined) resolver.nameservers.push(values[0]);
    if (keyword === 'search' || keyword === 'domain') resolver.searches = values.filter((value) => value !== '.');
    if (keyword === 'options') resolver.options = values;
  }
  return resolver;
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
