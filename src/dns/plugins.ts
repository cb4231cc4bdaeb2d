/**
 * What a server block answers with, in CoreDNS's order (hosts, kubernetes, forward): each plugin answers or leaves the question to
 * the next.
 */
import type { NamespaceSockets, Netns } from '../kernel/kernel.ts';
import type { AnsweringPlugin } from './dns-metrics.ts';
import { type DnsAnswer, type DnsRecord, RCODE } from './dns-record.ts';
import { isWithin } from './domain-name.ts';
import { type Forwarder, openForwarder } from './forwarder.ts';
import { HostsZone } from './hosts-zone.ts';
import type { Query } from './query-reader.ts';
import type { RecordIndex } from './record-index.ts';
import type { ServerConfig } from './server-config.ts';
import { ClusterZone } from './zone.ts';

export interface Plugin {
  readonly name: AnsweringPlugin;
  /** An answer of its own, another server's response, or undefined: the next plugin's matter. */
  answer(query: Query, transport: 'udp' | 'tcp'): DnsAnswer | Promise<Buffer> | undefined;
}

export interface PluginOptions {
  readonly sockets: NamespaceSockets;
  readonly netns: Netns;
  readonly index: RecordIndex;
  readonly isSynced: () => boolean;
  readonly serverAddress: string;
  /** The name servers of the pod's resolv.conf. */
  readonly nameservers: readonly string[];
}

/** The plugins of a server block and what has to be closed with them. */
export async function openPlugins(
  { hosts, kubernetes, forwards, mostTtl }: ServerConfig,
  options: PluginOptions,
): Promise<{ plugins: Plugin[]; forwarders: Forwarder[] }> {
  const forwarders: Forwarder[] = [];
  for (const forward of forwards) forwarders.push(await openForwarder(forward, options));
  const plugins = [
    ...(hosts === undefined ? [] : [hostsPlugin(hosts, mostTtl)]),
    ...(kubernetes === undefined ? [] : [kubernetesPlugin(kubernetes, mostTtl, options)]),
    ...forwarders.map(forwardPlugin),
  ];
  return { plugins, forwarders };
}

function hostsPlugin({ entries, ttl, fallthrough }: NonNullable<ServerConfig['hosts']>, mostTtl: number): Plugin {
  const zone = new HostsZone(entries, Math.min(ttl, mostTtl));
  return {
    name: 'hosts',
    answer: ({ name, type }) => {
      const answer = zone.answer(name, type);
      if (answer !== undefined || fallsThrough(name.toLowerCase(), fallthrough)) return answer;
      // A hosts file has no SOA to say "no such name" with: as CoreDNS has it.
      return FAILED;
    },
  };
}

function kubernetesPlugin(
  { domains, reverse, ttl, pods, fallthrough }: NonNullable<ServerConfig['kubernetes']>,
  mostTtl: number,
  { index, isSynced, serverAddress }: PluginOptions,
): Plugin {
  // The first answers the reverse zones as well.
  const zones = domains.map(
    (domain, order) =>
      new ClusterZone(index, { domain, ttl, mostTtl, pods, serverAddress, reverse: order === 0 ? reverse : [] }),
  );
  return {
    name: 'kubernetes',
    answer: ({ name, type }) => {
      const lower = name.toLowerCase();
      const zone = zones.find((each) => each.zoneOf(lower) !== undefined);
      if (zone === undefined) return undefined;
      // Before it has seen the API every answer could be wrong.
      if (!isSynced()) return FAILED;
      const answer = zone.answer(name, type);
      return answer?.rcode === RCODE.NXDOMAIN && fallsThrough(lower, fallthrough) ? undefined : answer;
    },
  };
}

function forwardPlugin(forwarder: Forwarder): Plugin {
  return {
    name: 'forward',
    answer: ({ name, raw }, transport) => {
      const lower = name.toLowerCase();
      if (!forwarder.takes(lower)) return undefined;
      return forwarder.hasRoom ? forwarder.forward(raw, transport) : REFUSED;
    },
  };
}

/** The last plugin where the world ends with what is known: any other name does not exist. */
export function nothingElse(soa: DnsRecord): Plugin {
  return {
    name: '',
    answer: ({ name }) => ({
      ...{ rcode: name === '' ? RCODE.NOERROR : RCODE.NXDOMAIN, answers: [], additionals: [] },
      authorities: [soa],
    }),
  };
}

const nothing = { answers: [], authorities: [], additionals: [] };
const FAILED: DnsAnswer = { rcode: RCODE.SERVFAIL, ...nothing };
const REFUSED: DnsAnswer = { rcode: RCODE.REFUSED, ...nothing };

function fallsThrough(name: string, zones: readonly string[]): boolean {
  return zones.some((zone) => isWithin(name, zone));
}
