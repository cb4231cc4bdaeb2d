/**
 * What a Corefile asks of this server: the plugins kubeadm's Corefile and stub domains need. A directive or property that it does
 * not have is refused, never passed over in silence. Facts: coredns.io/plugins/{kubernetes,forward,hosts,health,ready,metrics}.
 */
import { cidrOf, parseCidr } from '../net/cidr.ts';
import { isIp } from '../net/ip.ts';
import { CorefileError, type Directive, type Property, parseCorefile } from './corefile.ts';
import { reverseZones } from './reverse-name.ts';

/** Names are in lower case and without a final dot; the root is empty. */
export interface ServerConfig {
  readonly zone: string;
  readonly port: number;
  readonly hosts?: HostsConfig;
  readonly kubernetes?: KubernetesConfig;
  readonly forwards: readonly ForwardConfig[];
  /** Seconds no TTL goes beyond: that of `cache`. */
  readonly mostTtl: number;
  /** Whether each query becomes a line of the log. */
  readonly log: boolean;
}

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
  readonly to: readonly (Upstream | typeof RESOLV_CONF)[];
  readonly policy: 'random' | 'round_robin' | 'sequential';
  /** Queries under way at once, beyond which one is refused; 0: no limit. */
  readonly maxConcurrent: number;
}

export interface Upstream {
  readonly host: string;
  readonly port: number;
}

export interface DnsConfig {
  readonly servers: readonly ServerConfig[];
  readonly health?: { readonly port: number; readonly lameduckMs: number };
  readonly ready?: { readonly port: number };
  readonly metrics?: { readonly port: number };
}

export const RESOLV_CONF = '/etc/resolv.conf';
const DNS_PORT = 53;
const DEFAULT_TTL = 5;
const HOSTS_TTL = 3600;
/** Of `cache` without a number. */
const MOST_CACHED_TTL = 3600;
/** Without effect here: answers are always shuffled, upstreams are not this server, errors always logged. */
const WITHOUT_EFFECT = ['errors', 'loop', 'reload', 'loadbalance', 'bufsize'];
const FORWARD_TUNING = ['expire', 'max_fails', 'health_check', 'prefer_udp', 'max_idle_conns'];

/** Reads a Corefile; throws CorefileError. */
export function readDnsConfig(corefile: string): DnsConfig {
  const blocks = parseCorefile(corefile);
  const all = blocks.flatMap(({ directives }) => directives);
  const port = (name: string, usual: number) => {
    const found = all.find((directive) => directive.name === name);
    return found === undefined ? undefined : portOf(found, usual);
  };
  const [health, ready, metrics] = [port('health', 8080), port('ready', 8181), port('prometheus', 9153)];
  return {
    servers: blocks.flatMap(({ keys, directives, line }) =>
      keys.flatMap((key) => serverKey(key, line).map((place) => ({ ...place, ...pluginsOf(directives) }))),
    ),
    ...(health === undefined ? {} : { health: { port: health, lameduckMs: lameduckOf(all) } }),
    ...(ready === undefined ? {} : { ready: { port: ready } }),
    ...(metrics === undefined ? {} : { metrics: { port: metrics } }),
  };
}

function pluginsOf(directives: readonly Directive[]): Omit<ServerConfig, 'zone' | 'port'> {
  const known = ['hosts', 'kubernetes', 'forward', 'cache', 'log', 'health', 'ready', 'prometheus', ...WITHOUT_EFFECT];
  const stranger = directives.find(({ name }) => !known.includes(name));
  if (stranger !== undefined)
    throw new CorefileError(stranger.line, `Unknown directive '${stranger.name}'${ELSEWHERE}`);
  const hosts = directives.find(({ name }) => name === 'hosts');
  const kubernetes = directives.find(({ name }) => name === 'kubernetes');
  return {
    ...(hosts === undefined ? {} : { hosts: hostsOf(hosts) }),
    ...(kubernetes === undefined ? {} : { kubernetes: kubernetesOf(kubernetes) }),
    forwards: directives.filter(({ name }) => name === 'forward').map(forwardOf),
    mostTtl: mostTtlOf(directives.find(({ name }) => name === 'cache')),
    log: directives.some(({ name }) => name === 'log'),
  };
}

const ELSEWHERE = '; podwire’s own DNS server lacks it (`dns: coredns` in the lab file runs CoreDNS itself)';

function kubernetesOf({ args, line, properties }: Directive): KubernetesConfig {
  const zones = args.flatMap((arg) => zonesOf(arg, line));
  const isReverse = (zone: string) => /(^|\.)(in-addr|ip6)\.arpa$/.test(zone);
  let config: KubernetesConfig = {
    domains: zones.filter((zone) => !isReverse(zone)),
    reverse: zones.filter(isReverse),
    ttl: DEFAULT_TTL,
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
        throw unknownProperty(property);
    }
  }
  return config;
}

function hostsOf({ args, properties, line }: Directive): HostsConfig {
  if (args.length > 0) throw new CorefileError(line, `hosts with a file or zones${ELSEWHERE}`);
  const entries: HostsConfig['entries'][number][] = [];
  let [ttl, fallthrough]: [number, readonly string[]] = [HOSTS_TTL, []];
  for (const property of properties) {
    if (isIp(property.name)) entries.push({ address: property.name, names: property.args.map(zoneName) });
    else if (property.name === 'ttl') ttl = numberOf(property, 65_535);
    else if (property.name === 'fallthrough') fallthrough = fallthroughOf(property);
    else if (property.name !== 'reload' && property.name !== 'no_reverse') throw unknownProperty(property);
  }
  return { entries, ttl, fallthrough };
}

function forwardOf({ args, line, properties }: Directive): ForwardConfig {
  const [from, ...to] = args;
  if (from === undefined || to.length === 0)
    throw new CorefileError(line, `Wrong argument count or unexpected line ending after 'forward'`);
  let config: ForwardConfig = {
    from: zoneName(from),
    except: [],
    to: to.map((target) => (target === RESOLV_CONF ? RESOLV_CONF : upstreamOf(target, line))),
    policy: 'random',
    maxConcurrent: 0,
  };
  for (const property of properties) {
    if (property.name === 'except') config = { ...config, except: property.args.map(zoneName) };
    else if (property.name === 'max_concurrent') config = { ...config, maxConcurrent: numberOf(property, 65_535) };
    else if (property.name === 'policy')
      config = { ...config, policy: oneOf(property, ['random', 'round_robin', 'sequential']) };
    else if (!FORWARD_TUNING.includes(property.name)) throw unknownProperty(property);
  }
  return config;
}

/** `10.0.0.1`, `10.0.0.1:5353`, `[fd00::1]:53`, with `dns://` before it. */
export function upstreamOf(text: string, line = 0): Upstream {
  const [, bracketed, port = String(DNS_PORT), plain] =
    /^(?:dns:\/\/)?(?:\[(?<host>[^\]]+)\](?::(\d+))?|(.+))$/.exec(text) ?? [];
  if (bracketed !== undefined && isIp(bracketed)) return { host: bracketed, port: Number(port) };
  if (plain !== undefined && isIp(plain)) return { host: plain, port: DNS_PORT };
  const [, host = '', own = ''] = /^(.+):(\d+)$/.exec(plain ?? '') ?? [];
  if (!isIp(host)) throw new CorefileError(line, `not an IP address or file: "${text}"`);
  return { host, port: Number(own) };
}

/** `.:53`, `stub.example`, `dns://cluster.local:1053`, `10.0.0.0/8`: zones and their port. */
function serverKey(key: string, line: number): { zone: string; port: number }[] {
  const [, zone = '', port = String(DNS_PORT)] = /^(?:dns:\/\/)?(.*?)(?::(\d+))?$/.exec(key) ?? [];
  return zonesOf(zone, line).map((each) => ({ zone: each, port: Number(port) }));
}

/** A zone as it stands, or those of an address block. */
function zonesOf(text: string, line: number): string[] {
  if (!text.includes('/')) return [zoneName(text)];
  if (parseCidr(text) === undefined) throw new CorefileError(line, `'${text}' is neither a zone nor an address block`);
  return reverseZones(cidrOf(text));
}

function zoneName(text: string): string {
  return text.toLowerCase().replace(/\.$/, '');
}

/** Nothing is cached here, but CoreDNS's `cache` also bounds the TTL of what it does not keep. */
function mostTtlOf(cache: Directive | undefined): number {
  if (cache === undefined) return Number.POSITIVE_INFINITY;
  return /^\d+$/.test(cache.args[0] ?? '') ? Number(cache.args[0]) : MOST_CACHED_TTL;
}

function fallthroughOf({ args }: Property): string[] {
  return args.length === 0 ? [''] : args.map(zoneName);
}

function numberOf(property: Property, most: number): number {
  const value = Number(property.args[0]);
  if (property.args.length === 1 && Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new CorefileError(property.line, `${property.name} must be a number from 0 to ${most}`);
}

function oneOf<T extends string>(property: Property, words: readonly T[]): T {
  const found = words.find((word) => word === property.args[0]);
  if (found !== undefined && property.args.length === 1) return found;
  throw new CorefileError(
    property.line,
    `${property.name} must be one of ${words.join(', ')}, not '${property.args.join(' ')}'`,
  );
}

function portOf({ args, line, name }: Directive, usual: number): number {
  const [, port = String(usual)] = /:(\d+)$/.exec(args[0] ?? '') ?? [];
  if (args.length > 1 || Number(port) > 65_535)
    throw new CorefileError(line, `${name} takes one address such as :${usual}`);
  return Number(port);
}

/** Milliseconds of `lameduck 5s`. */
function lameduckOf(directives: readonly Directive[]): number {
  const property = directives.find(({ name }) => name === 'health')?.properties.find(({ name }) => name === 'lameduck');
  if (property === undefined) return 0;
  const [, amount, unit] = /^(\d+)(ms|s|m)$/.exec(property.args[0] ?? '') ?? [];
  if (amount === undefined) throw new CorefileError(property.line, 'lameduck needs a duration such as 5s');
  return Number(amount) * { ms: 1, s: 1000, m: 60_000 }[unit as 'ms' | 's' | 'm'];
}

function unknownProperty({ name, line }: Property): CorefileError {
  return new CorefileError(line, `unknown property '${name}'${ELSEWHERE}`);
}
