/**
 * The cluster's zone: answers a question from the index, by the Kubernetes DNS specification 1.1.0 and, where it is
 * silent, as CoreDNS's kubernetes plugin does. Names come and go without a final dot. Knows no sockets and no wire
 * format.
 */
import { formatIp, parseIp } from '../net/ip.ts';
import { type DnsAnswer, type DnsRecord, RCODE, type RecordData } from './dns-record.ts';
import { isWithin } from './domain-name.ts';
import type { RecordIndex } from './record-index.ts';
import { addressOfReverseName } from './reverse-name.ts';
import type { ServiceEntry, SrvTarget } from './service-entry.ts';

/** Seconds, where nobody says otherwise; CoreDNS's default. */
export const DEFAULT_TTL = 5;
/** Of the schema's version, as in CoreDNS and in the specification's example. */
const VERSION_TTL = 28_800;
const SCHEMA_VERSION = '1.1.0';
/** A chain of ExternalNames within the cluster is followed this far. */
const CNAME_DEPTH = 8;

/** What stands at a name: nothing (undefined), or its records, perhaps none of the type asked for. */
type Found = { readonly records: readonly RecordData[]; readonly additionals?: readonly DnsRecord[] } | undefined;

export interface ZoneOptions {
  /** `cluster.local`. */
  readonly domain: string;
  /** Zones like `in-addr.arpa` whose names it answers; none: all. */
  readonly reverse?: readonly string[];
  /** Seconds. */
  readonly ttl?: number;
  /** Seconds no TTL goes beyond. */
  readonly mostTtl?: number;
  /** `insecure` (kubeadm's choice): `10-244-1-2.default.pod` is answered whether there is such a pod or not. */
  readonly pods?: 'disabled' | 'insecure';
  /** The server's own address: the zone's name server is the Service it is an endpoint of. */
  readonly serverAddress?: string;
}

export class ClusterZone {
  readonly #index: RecordIndex;
  readonly #domain: string;
  readonly #ttl: number;
  readonly #mostTtl: number;
  readonly #options: ZoneOptions;

  constructor(index: RecordIndex, options: ZoneOptions) {
    this.#index = index;
    this.#domain = options.domain.toLowerCase();
    this.#mostTtl = options.mostTtl ?? VERSION_TTL;
    this.#ttl = Math.min(options.ttl ?? DEFAULT_TTL, this.#mostTtl);
    this.#options = options;
  }

  /** The zone a name (lower case) is of: the domain or one of the reverse zones; undefined when it is another's. */
  zoneOf(lower: string): string | undefined {
    if (isWithin(lower, this.#domain)) return this.#domain;
    return (this.#options.reverse ?? REVERSE_ZONES).find((zone) => isWithin(lower, zone));
  }

  /** The answer to a question; undefined when the name is no zone's of this one. */
  answer(name: string, type: string): DnsAnswer | undefined {
    const lower = name.toLowerCase();
    const zone = this.zoneOf(lower);
    if (zone === undefined) return undefined;
    return zone === this.#domain ? this.#forward(name, lower, type) : this.#reverse(name, lower, type, zone);
  }

  #forward(name: string, lower: string, type: string): DnsAnswer {
    const found = this.#find(lower, type);
    if (found === undefined) return this.#negative(RCODE.NXDOMAIN);
    const alias = found.records.find((record) => record.type === 'CNAME');
    if (alias?.type === 'CNAME') return this.#alias(name, alias.data, type);
    const ttl = lower === `dns-version.${this.#domain}` ? Math.min(VERSION_TTL, this.#mostTtl) : this.#ttl;
    const answers = found.records.filter((record) => record.type === type).map((record) => ({ name, ttl, ...record }));
    if (answers.length === 0) return this.#negative(RCODE.NOERROR);
    return { rcode: RCODE.NOERROR, answers, authorities: [], additionals: found.additionals ?? [] };
  }

  /** A CNAME, followed as long as it stays within the zone. */
  #alias(name: string, target: string, type: string): DnsAnswer {
    const answers: DnsRecord[] = [{ name, ttl: this.#ttl, type: 'CNAME', data: target }];
    const done = (chase?: string): DnsAnswer => ({
      rcode: RCODE.NOERROR,
      answers,
      authorities: [],
      additionals: [],
      ...(chase === undefined ? {} : { chase }),
    });
    if (type === 'CNAME') return done();
    let next = target;
    for (let depth = 0; depth < CNAME_DEPTH; depth += 1) {
      if (!next.endsWith(`.${this.#domain}`)) return done(next);
      const records = this.#find(next, type)?.records ?? [];
      const alias = records.find((record) => record.type === 'CNAME');
      for (const record of records.filter((each) => each.type === type || each === alias))
        answers.push({ name: next, ttl: this.#ttl, ...record });
      if (alias?.type !== 'CNAME') return done();
      next = alias.data;
    }
    return done();
  }

  /** `labels` from the right: zone, then `svc` or `pod`, the namespace, the name, and what stands before it. */
  #find(lower: string, type: string): Found {
    const labels = lower
      .slice(0, -this.#domain.length - 1)
      .split('.')
      .filter((label) => label !== '');
    const kind = labels.at(-1);
    if (kind === undefined) return this.#apex(type);
    if (lower === `ns.dns.${this.#domain}`)
      return { records: this.#nameServers().flatMap(({ addresses }) => addresses) };
    if (kind === 'dns-version' && labels.length === 1) return { records: [{ type: 'TXT', data: SCHEMA_VERSION }] };
    if (kind !== 'svc' && kind !== 'pod') return undefined;
    const namespace = labels.at(-2);
    if (namespace === undefined) return { records: [] };
    const name = labels.at(-3);
    if (name === undefined) return this.#index.hasNamespace(namespace) ? { records: [] } : undefined;
    if (kind === 'pod') return labels.length === 3 ? this.#pod(namespace, name) : undefined;
    const entry = this.#index.service(namespace, name);
    return entry === undefined ? undefined : this.#service(entry, labels.slice(0, -3), type);
  }

  #apex(type: string): Found {
    const servers = this.#nameServers();
    const glue = servers.flatMap(({ name, addresses }) =>
      addresses.map((record) => ({ name, ttl: this.#ttl, ...record })),
    );
    return {
      records: [this.#soa(), ...servers.map(({ name }): RecordData => ({ type: 'NS', data: name }))],
      ...(type === 'NS' ? { additionals: glue } : {}),
    };
  }

  /** The Services this server is an endpoint of; itself under CoreDNS's own name before there is one. */
  #nameServers(): { name: string; addresses: RecordData[] }[] {
    const own = this.#options.serverAddress;
    const services = own === undefined ? [] : this.#index.endpointsAt(own).map(({ service }) => service);
    const found = [...new Set(services)].flatMap((key) => {
      const [namespace = '', name = ''] = key.split('/');
      const entry = this.#index.service(namespace, name);
      return entry === undefined ? [] : [{ name: this.#nameOf(key), addresses: entry.addresses.map(addressRecord) }];
    });
    if (found.length > 0) return found;
    return [{ name: `ns.dns.${this.#domain}`, addresses: own === undefined ? [] : [addressRecord(own)] }];
  }

  /** `a-b-c-d.namespace.pod`: any address, as long as the namespace exists (CoreDNS's `pods insecure`). */
  #pod(namespace: string, label: string): Found {
    if (this.#options.pods === 'disabled') return undefined;
    const isIpv4 = /^\d+-\d+-\d+-\d+$/.test(label);
    const ip = parseIp(label.replaceAll('-', isIpv4 ? '.' : ':'));
    if (ip === undefined || !this.#index.hasNamespace(namespace)) return undefined;
    return { records: [addressRecord(formatIp(ip))] };
  }

  #service(entry: ServiceEntry, before: readonly string[], type: string): Found {
    // An address is no name to lead to; CoreDNS knows of no such Service either.
    if (entry.externalName === '') return undefined;
    if (entry.externalName !== undefined)
      return before.length === 0 ? { records: [{ type: 'CNAME', data: entry.externalName }] } : undefined;
    // As the specification has it, and CoreDNS: a headless Service without a ready endpoint is no name.
    if (before.length === 0 && entry.clusterIps.length === 0 && entry.addresses.length === 0) return undefined;
    if (before.length === 0) {
      const srv = type === 'SRV' ? [...entry.srv.values()].flat() : [];
      return this.#withTargets(entry, entry.addresses.map(addressRecord), srv);
    }
    if (before.length === 1) {
      const addresses = entry.endpoints.get(before[0]!);
      return addresses === undefined ? undefined : { records: addresses.map(addressRecord) };
    }
    const targets = before.length === 2 ? entry.srv.get(before.join('.')) : undefined;
    return targets === undefined || targets.length === 0 ? undefined : this.#withTargets(entry, [], targets);
  }

  /** SRV records, their targets' addresses beside them. Each address has an even share of a weight of 100, as in CoreDNS. */
  #withTargets(entry: ServiceEntry, records: readonly RecordData[], targets: readonly SrvTarget[]): Found {
    if (targets.length === 0) return { records };
    const addressesOf = (endpoint: string) =>
      endpoint === '' ? entry.addresses : (entry.endpoints.get(endpoint) ?? []);
    const weight = Math.floor(100 / targets.reduce((sum, { endpoint }) => sum + addressesOf(endpoint).length, 0));
    const ownName = `${entry.name}.${entry.namespace}.svc.${this.#domain}`;
    const nameOf = (endpoint: string) => (endpoint === '' ? ownName : `${endpoint}.${ownName}`);
    const srv = targets.map(
      ({ port, endpoint }): RecordData => ({
        type: 'SRV',
        data: { priority: 0, weight, port, target: nameOf(endpoint) },
      }),
    );
    const additionals = [...new Set(targets.map(({ endpoint }) => endpoint))].flatMap((endpoint) => {
      return addressesOf(endpoint).map((address) => ({
        name: nameOf(endpoint),
        ttl: this.#ttl,
        ...addressRecord(address),
      }));
    });
    return { records: [...records, ...srv], additionals };
  }

  #reverse(name: string, lower: string, type: string, zone: string): DnsAnswer {
    const address = addressOfReverseName(lower);
    const names = address === undefined ? [] : this.#namesOf(address);
    if (names.length === 0) return this.#negative(lower === zone ? RCODE.NOERROR : RCODE.NXDOMAIN, zone);
    if (type !== 'PTR') return this.#negative(RCODE.NOERROR, zone);
    const answers = names.map((data): DnsRecord => ({ name, ttl: this.#ttl, type: 'PTR', data }));
    return { rcode: RCODE.NOERROR, answers, authorities: [], additionals: [] };
  }

  /** The Service of a ClusterIP, else the names of the endpoints at an address. */
  #namesOf(address: string): string[] {
    const clusterIp = this.#index.serviceOfClusterIp(address);
    if (clusterIp !== undefined) return [this.#nameOf(clusterIp)];
    return this.#index.endpointsAt(address).map(({ label, service }) => `${label}.${this.#nameOf(service)}`);
  }

  /** `namespace/name` → `name.namespace.svc.DOMAIN`. */
  #nameOf(service: string): string {
    const [namespace, name] = service.split('/');
    return `${name}.${namespace}.svc.${this.#domain}`;
  }

  #negative(rcode: typeof RCODE.NOERROR | typeof RCODE.NXDOMAIN, zone = this.#domain): DnsAnswer {
    return { rcode, answers: [], authorities: [{ name: zone, ttl: this.#ttl, ...this.#soa() }], additionals: [] };
  }

  #soa(): RecordData {
    return {
      type: 'SOA',
      data: {
        mname: `ns.dns.${this.#domain}`,
        rname: `hostmaster.${this.#domain}`,
        serial: this.#index.serial,
        refresh: 7200,
        retry: 1800,
        expire: 86400,
        minimum: this.#ttl,
      },
    };
  }
}

const REVERSE_ZONES = ['in-addr.arpa', 'ip6.arpa'];

function addressRecord(address: string): RecordData {
  return { type: address.includes(':') ? 'AAAA' : 'A', data: address };
}
