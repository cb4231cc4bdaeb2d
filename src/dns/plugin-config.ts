/**
 * What the directives `kubernetes`, `hosts`, `forward`, `cache` and `log` of a Corefile ask of this server. Facts:
 * coredns.io/plugins/{kubernetes,hosts,forward,cache,log}.
 */
import { isIp } from '../net/ip.ts';
import { CorefileError, type Directive } from './corefile.ts';
import {
  fallthroughOf,
  notHere,
  numberOf,
  oneOf,
  type ServerAddress,
  serverAddress,
  zoneName,
  zonesOf,
} from './corefile-values.ts';

export interface KubernetesConfig {
  /** `cluster.local`; the first is the one PTR records lead to. */
  readonly domains: readonly string[];
  /** `in-addr.arpa`, `ip6.arpa`, or narrower. */
  readonly reverse: readonly string[];
  /** Seconds. */
  readonly ttl: number;
  readonly pods: 'disabled' | 'insecure';
  /** Zones in which a name it does not know is the next plugin's. */
  readonly fallthrough: readonly string[];
}

export interface HostsConfig {
  /** Address → names, in the order of the file. */
  readonly entries: readonly { readonly address: string; readonly names: readonly string[] }[];
  readonly ttl: number;
  readonly fallthrough: readonly string[];
}

export interface ForwardConfig {
  readonly from: string;
  readonly except: readonly string[];
  /** Addresses with ports, or `/etc/resolv.conf`: the name servers in it. */
  readonly to: readonly (ServerAddress | typeof RESOLV_CONF)[];
  readonly policy: 'random' | 'round_robin' | 'sequential';
  /** Queries under way at once, beyond which one is refused; 0: no limit. */
  readonly maxConcurrent: number;
}

export const RESOLV_CONF = '/etc/resolv.conf';
/** CoreDNS's own defaults, in seconds. */
const KUBERNETES_TTL = 5;
const HOSTS_TTL = 3600;
const CACHE_TTL = 3600;
/** How hard an upstream is tried, which is the same for all here. */
const FORWARD_TUNING = ['expire', 'max_fails', 'health_check', 'prefer_udp', 'max_idle_conns'];

/** Records of the cluster. */
export function kubernetesOf({ args, line, properties }: Directive): KubernetesConfig {
  const zones = args.flatMap((arg) => zonesOf(arg, line));
  const isReverse = (zone: string) => /(^|\.)(in-addr|ip6)\.arpa$/.test(zone);
  let config: KubernetesConfig = {
    domains: zones.filter((zone) => !isReverse(zone)),
    reverse: zones.filter(isReverse),
    ttl: KUBERNETES_TTL,
    pods: 'disabled',
    fallthrough: [],
  };
  if (config.domains.length === 0)
    throw new CorefileError(line, 'the plugin kubernetes needs a zone that is not a reverse one');
  for (const property of properties) {
    switch (property.name) {
      case 'ttl':
        config = { ...config, ttl: numberOf(property, 3600) };
        break;
      case 'pods':
        config = { ...config, pods: oneOf(property, ['disabled', 'insecure']) };
        break;
      case 'fallthrough':
        config = { ...config, fallthrough: fallthroughOf(property) };
        break;
      default:
        throw notHere(property.line, `unknown property '${property.name}'`);
    }
  }
  return config;
}

/** Names with fixed addresses. */
export function hostsOf({ args, properties, line }: Directive): HostsConfig {
  if (args.length > 0) throw notHere(line, 'hosts with a file or zones');
  const entries: HostsConfig['entries'][number][] = [];
  let [ttl, fallthrough]: [number, readonly string[]] = [HOSTS_TTL, []];
  for (const property of properties) {
    if (isIp(property.name)) entries.push({ address: property.name, names: property.args.map(zoneName) });
    else if (property.name === 'ttl') ttl = numberOf(property, 65_535);
    else if (property.name === 'fallthrough') fallthrough = fallthroughOf(property);
    else if (property.name !== 'reload' && property.name !== 'no_reverse')
      throw notHere(property.line, `unknown property '${property.name}'`);
  }
  return { entries, ttl, fallthrough };
}

/** Names that other servers are asked for. */
export function forwardOf({ args, line, properties }: Directive): ForwardConfig {
  const [from, ...to] = args;
  if (from === undefined || to.length === 0)
    throw new CorefileError(line, `Wrong argument count or unexpected line ending after 'forward'`);
  let config: ForwardConfig = {
    from: zoneName(from),
    except: [],
    to: to.map((target) => (target === RESOLV_CONF ? RESOLV_CONF : serverAddress(target, line))),
    policy: 'random',
    maxConcurrent: 0,
  };
  for (const property of properties) {
    if (property.name === 'except') config = { ...config, except: property.args.map(zoneName) };
    else if (property.name === 'max_concurrent') config = { ...config, maxConcurrent: numberOf(property, 65_535) };
    else if (property.name === 'policy')
      config = { ...config, policy: oneOf(property, ['random', 'round_robin', 'sequential']) };
    else if (!FORWARD_TUNING.includes(property.name))
      throw notHere(property.line, `unknown property '${property.name}'`);
  }
  return config;
}

/** Nothing is cached here, but CoreDNS's `cache` also bounds the TTL of what it does not keep. */
export function mostTtlOf(cache: Directive | undefined): number {
  if (cache === undefined) return Number.POSITIVE_INFINITY;
  return /^\d+$/.test(cache.args[0] ?? '') ? Number(cache.args[0]) : CACHE_TTL;
}

/** Whether queries are logged; of some zones or classes only is not known here. */
export function logsOf(log: Directive | undefined): boolean {
  if (log !== undefined && log.args.length + log.properties.length > 0)
    throw notHere(log.line, 'log of some queries only');
  return log !== undefined;
}
