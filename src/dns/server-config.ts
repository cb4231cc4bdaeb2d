/**
 * What a Corefile asks of this server: the plugins kubeadm's Corefile and stub domains need. A directive or property that it does
 * not have is refused, never passed over in silence. Facts: coredns.io/manual and coredns.io/plugins/{health,ready,metrics}.
 */
import { type Directive, parseCorefile } from './corefile.ts';
import { DNS_PORT, durationOf, notHere, portOf, zonesOf } from './corefile-values.ts';
import {
  type ForwardConfig,
  forwardOf,
  type HostsConfig,
  hostsOf,
  type KubernetesConfig,
  kubernetesOf,
  logsOf,
  mostTtlOf,
} from './plugin-config.ts';

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

export interface DnsConfig {
  readonly servers: readonly ServerConfig[];
  readonly health?: { readonly port: number; readonly lameduckMs: number };
  readonly ready?: { readonly port: number };
  readonly metrics?: { readonly port: number };
}

/** Without effect here: answers are always shuffled, upstreams are not this server, errors always logged. */
const WITHOUT_EFFECT = ['errors', 'loop', 'reload', 'loadbalance', 'bufsize'];

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
  if (stranger !== undefined) throw notHere(stranger.line, `Unknown directive '${stranger.name}'`);
  const hosts = directives.find(({ name }) => name === 'hosts');
  const kubernetes = directives.find(({ name }) => name === 'kubernetes');
  return {
    ...(hosts === undefined ? {} : { hosts: hostsOf(hosts) }),
    ...(kubernetes === undefined ? {} : { kubernetes: kubernetesOf(kubernetes) }),
    forwards: directives.filter(({ name }) => name === 'forward').map(forwardOf),
    mostTtl: mostTtlOf(directives.find(({ name }) => name === 'cache')),
    log: logsOf(directives.find(({ name }) => name === 'log')),
  };
}

/** `.:53`, `stub.example`, `dns://cluster.local:1053`, `10.0.0.0/8`: zones and their port. */
function serverKey(key: string, line: number): { zone: string; port: number }[] {
  const [, zone = '', port = String(DNS_PORT)] = /^(?:dns:\/\/)?(.*?)(?::(\d+))?$/.exec(key) ?? [];
  return zonesOf(zone, line).map((each) => ({ zone: each, port: Number(port) }));
}

/** Milliseconds of `lameduck 5s` in `health`. */
function lameduckOf(directives: readonly Directive[]): number {
  const properties = directives.find(({ name }) => name === 'health')?.properties ?? [];
  const stranger = properties.find(({ name }) => name !== 'lameduck');
  if (stranger !== undefined) throw notHere(stranger.line, `unknown property '${stranger.name}'`);
  return properties[0] === undefined ? 0 : durationOf(properties[0]);
}
