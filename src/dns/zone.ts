/**
 * The cluster's zone: answers a question from the index, by the Kubernetes DNS specification 1.1.0 and, where it is
 * silent, as CoreDNS's kubernetes plugin does. Names come and go without a final dot. Knows no sockets and no wire
 * format.
 */
import { formatIp, parseIp } from '../net/ip.ts';
import { type DnsAnswer, type DnsRecord, RCODE, type RecordData } from './dns-record.ts';
import type { RecordIndex } from './record-index.ts';
import { addressOfReverseName } from './reverse-name.ts';
import type { ServiceEntry, SrvTarget } from './service-entry.ts';

/** CoreDNS's default. */
export const TTL = 5;
const SCHEMA_VERSION = '1.1.0';
/** The root as dns-packet spells it. */
const ROOT = '.';
/** A chain of ExternalNames within the cluster is followed this far. */
const CNAME_DEPTH = 8;

/** What stands at a name: nothing (undefined), or its records, perhaps none of the type asked for. */
type Found = { readonly records: readonly RecordData[]; readonly additionals?: readonly DnsRecord[] } | undefined;

export class ClusterZone {
  readonly #index: RecordIndex;
  readonly #domain: string;

  constructor(index: RecordIndex, domain: string) {
    this.#index = index;
    this.#domain = domain.toLowerCase();
  }

  /**
   * The answer, or undefined when the name is not this zone's. Reverse names are the zone's if it knows the address.
   */
  answer(name: string, type: string): DnsAnswer | undefined {
    const lower = name.toLowerCase();
    const address = addressOfReverseName(lower);
    if (address !== undefined) return this.#reverse(name, type, address);
    if (lower !== this.#domain && !lower.endsWith(`.${this.#domain}`)) return undefined;
    return this.#forward(name, lower, type);
  }

  /**
   * The answer for a name that is not this zone's where there is nobody else to ask: it does not exist. The SOA of a negative
   * answer belongs to a zone that holds the name (RFC 2308), so it stands at the root.
   */
  nothingElse(name: string): DnsAnswer {
    return this.#negative(name === ROOT ? RCODE.NOERROR : RCODE.NXDOMAIN, '');
  }

  #forward(name: string, lower: string, type: string): DnsAnswer {
    const found = this.#find(lower, type);
    if (found === undefined) return this.#negative(RCODE.NXDOMAIN);
    const alias = found.records.find((record) => record.type === 'CNAME');
    if (alias?.type === 'CNAME') return this.#alias(name, alias.data, type);
    const answers = found.records
      .filter((record) => record.type === type)
      .map((record) => ({ name, ttl: TTL, ...record }));
    if (answers.length === 0) return this.#negative(RCODE.NOERROR);
    return { rcode: RCODE.NOERROR, answers, authorities: [], additionals: found.additionals ?? [] };
  }

  /** A CNAME, followed as long as it stays within the zone. */
  #alias(name: string, target: string, type: string): DnsAnswer {
    const answers: DnsRecord[] = [{ name, ttl: TTL, type: 'CNAME', data: target }];
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
        answers.push({ name: next, ttl: TTL, ...record });
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
    if (kind === undefined) return { records: this.#apex() };
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

  #apex(): RecordData[] {
    return [this.#soa(), { type: 'NS', data: `ns.dns.${this.#domain}` }];
  }

  /** `a-b-c-d.namespace.pod`: any address, as long as the namespace exists (CoreDNS's `pods insecure`). */
  #pod(namespace: string, label: string): Found {
    const isIpv4 = /^\d+-\d+-\d+-\d+$/.test(label);
    const ip = parseIp(label.replaceAll('-', isIpv4 ? '.' : ':'));
    if (ip === undefined || !this.#index.hasNamespace(namespace)) return undefined;
    return { records: [addressRecord(formatIp(ip))] };
  }

  #service(entry: ServiceEntry, before: readonly string[], type: string): Found {
    if (entry.externalName !== undefined)
      return before.length === 0 ? { records: [{ type: 'CNAME', data: entry.externalName }] } : undefined;
    if (before.length === 0) {
      const srv = type === 'SRV' ? [...entry.srv.values()].flat() : [];
      return this.#withTargets(entry, entry.addresses.map(addressRecord), srv);
    }
    if (before.length === 1) {
      const addresses = entry.endpoints.get(before[0]!);
      return addresses === undefined ? undefined : { records: addresses.map(addressRecord) };
    }
    const targets = before.length === 2 ? entry.srv.get(before.join('.')) : undefined;
    return targets === undefined ? undefined : this.#withTargets(entry, [], targets);
  }

  /** SRV records, their targets' addresses beside them. Weights share 100 evenly. */
  #withTargets(entry: ServiceEntry, records: readonly RecordData[], targets: readonly SrvTarget[]): Found {
    if (targets.length === 0) return { records };
    const weight = Math.floor(100 / targets.length);
    const ownName = `${entry.name}.${entry.namespace}.svc.${this.#domain}`;
    const nameOf = (endpoint: string) => (endpoint === '' ? ownName : `${endpoint}.${ownName}`);
    const srv = targets.map(
      ({ port, endpoint }): RecordData => ({
        type: 'SRV',
        data: { priority: 0, weight, port, target: nameOf(endpoint) },
      }),
    );
    const additionals = [...new Set(targets.map(({ endpoint }) => endpoint))].flatMap((endpoint) => {
      const addresses = endpoint === '' ? entry.addresses : (entry.endpoints.get(endpoint) ?? []);
      return addresses.map((address) => ({ name: nameOf(endpoint), ttl: TTL, ...addressRecord(address) }));
    });
    return { records: [...records, ...srv], additionals };
  }

  #reverse(name: string, type: string, address: string): DnsAnswer | undefined {
    const clusterIp = this.#index.serviceOfClusterIp(address);
    const names =
      clusterIp !== undefined
        ? [this.#nameOf(clusterIp)]
        : this.#index.endpointsAt(address).map(({ label, service }) => `${label}.${this.#nameOf(service)}`);
    if (names.length === 0) return undefined;
    if (type !== 'PTR') return this.#negative(RCODE.NOERROR);
    const answers = names.map((data): DnsRecord => ({ name, ttl: TTL, type: 'PTR', data }));
    return { rcode: RCODE.NOERROR, answers, authorities: [], additionals: [] };
  }

  /** `namespace/name` → `name.namespace.svc.DOMAIN`. */
  #nameOf(service: string): string {
    const [namespace, name] = service.split('/');
    return `${name}.${namespace}.svc.${this.#domain}`;
  }

  #negative(rcode: typeof RCODE.NOERROR | typeof RCODE.NXDOMAIN, zone = this.#domain): DnsAnswer {
    return { rcode, answers: [], authorities: [{ name: zone, ttl: TTL, ...this.#soa() }], additionals: [] };
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
        minimum: TTL,
      },
    };
  }
}

function addressRecord(address: string): RecordData {
  return { type: address.includes(':') ? 'AAAA' : 'A', data: address };
}
