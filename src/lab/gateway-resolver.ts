/**
 * The DNS server on the fabric's gateway: the upstream of the cluster's DNS and the nodes' own resolver. It knows the names the lab
 * file gives to hosts, and no others exist: no question leaves the fabric.
 */
import type { DnsRecord } from '../dns/dns-record.ts';
import { openDnsServer } from '../dns/dns-server.ts';
import { HostsZone } from '../dns/hosts-zone.ts';
import { nothingElse, type Plugin } from '../dns/plugins.ts';
import { resolver } from '../dns/resolver.ts';
import { wildcardFor } from '../net/host-port.ts';
import type { StandInFactory } from '../node/standins/stand-in.ts';

/** What the pods process knows it by. */
export const GATEWAY_RESOLVER = 'gateway-resolver';
/** Seconds: what the lab file says holds as long as the lab, but a client's cache outlives it. */
const TTL = 30;
const ROOT_SOA: DnsRecord = {
  name: '',
  ttl: TTL,
  type: 'SOA',
  data: {
    ...{ mname: 'gateway', rname: 'hostmaster', serial: 1 },
    ...{ refresh: 7200, retry: 1800, expire: 86_400, minimum: TTL },
  },
};

/** Its arguments: `ADDRESS NAME…`, one for each host with names. */
export const startGatewayResolver: StandInFactory = async ({ sockets, netns, pod, args }) => {
  const entries = args.map((line) => {
    const [address = '', ...names] = line.split(' ');
    return { address, names };
  });
  const zone = new HostsZone(entries, TTL);
  const hosts: Plugin = { name: 'hosts', answer: ({ name, type }) => zone.answer(name, type) };
  const resolve = resolver({
    servers: [{ zone: '', plugins: [hosts, nothingElse(ROOT_SOA)] }],
    recursionAvailable: true,
  });
  return openDnsServer(sockets, netns, { host: wildcardFor(pod.ips), port: 53 }, resolve);
};
