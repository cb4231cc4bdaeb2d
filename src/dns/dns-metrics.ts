/**
 * Figures of one DNS server under the names CoreDNS's own metrics have, in Prometheus' text format. Counts what the resolver tells it;
 * `metrics-server.ts` serves the page.
 */
import { RCODE } from './dns-record.ts';

/** CoreDNS's `.:53` block: the labels every series has. */
const SERVER = { server: 'dns://:53', view: '', zone: '.' };
/** Seconds; CoreDNS's buckets. */
const DURATION_BUCKETS = [0.00025, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024];
/** The types CoreDNS counts by name; all others are `other`, so that nobody can grow the page by asking. */
const TYPES = new Set(
  'A AAAA ANY CNAME DNSKEY DS HTTPS IXFR AXFR MX NS NSEC NSEC3 NULL PTR RRSIG SOA SRV TXT'.split(' '),
);
const RCODE_NAMES = new Map<number, string>(Object.entries(RCODE).map(([name, code]) => [code, name]));

/** Which plugin answered; empty: none. */
export type AnsweringPlugin = 'hosts' | 'kubernetes' | 'forward' | '';

export interface AnsweredQuery {
  readonly transport: 'udp' | 'tcp';
  /** As dns-packet names it; empty for a message that could not be read. */
  readonly type: string;
  readonly rcode: number;
  readonly plugin: AnsweringPlugin;
  readonly seconds: number;
}

interface Counter {
  count: number;
}

interface Histogram extends Counter {
  sum: number;
  readonly buckets: number[];
}

export class DnsMetrics {
  readonly #family: string;
  readonly #requests = new Map<string, Counter>();
  readonly #responses = new Map<string, Counter>();
  readonly #durations = new Map<string, Histogram>();
  /** What one kind of query counts into: found once, since labels cost more than counting. */
  readonly #kinds = new Map<string, { request: Counter; response: Counter; duration: Histogram }>();

  /** `family` of the addresses it listens on: CoreDNS writes 1 for IPv4 and 2 for IPv6. */
  constructor(family: 4 | 6) {
    this.#family = family === 4 ? '1' : '2';
  }

  /** Notes one answered query. */
  answered(query: AnsweredQuery): void {
    const { request, response, duration } = this.#kindOf(query);
    request.count += 1;
    response.count += 1;
    duration.count += 1;
    duration.sum += query.seconds;
    for (let index = DURATION_BUCKETS.length - 1; index >= 0 && query.seconds <= DURATION_BUCKETS[index]!; index -= 1)
      duration.buckets[index]! += 1;
  }

  #kindOf({ transport, type: asked, rcode, plugin }: AnsweredQuery) {
    const key = `${transport} ${asked} ${rcode} ${plugin}`;
    const known = this.#kinds.get(key);
    if (known !== undefined) return known;
    const type = TYPES.has(asked) ? asked : 'other';
    const request = labels({ family: this.#family, proto: transport, ...SERVER, type });
    const response = labels({ plugin, rcode: RCODE_NAMES.get(rcode) ?? String(rcode), ...SERVER });
    const kind = {
      request: series(this.#requests, request, () => ({ count: 0 })),
      response: series(this.#responses, response, () => ({ count: 0 })),
      duration: series(this.#durations, labels({ ...SERVER, type }), () => ({
        ...{ count: 0, sum: 0, buckets: DURATION_BUCKETS.map(() => 0) },
      })),
    };
    // A type by number is anybody's to make up; the known ones are few.
    if (TYPES.has(asked)) this.#kinds.set(key, kind);
    return kind;
  }

  /** The page `/metrics` answers with. */
  render(): string {
    const durations = [...this.#durations].flatMap(([key, { count, sum, buckets }]) => [
      ...buckets.map((value, index) => `_bucket{${key},le="${DURATION_BUCKETS[index]}"} ${value}`),
      `_bucket{${key},le="+Inf"} ${count}`,
      `_sum{${key}} ${sum}`,
      `_count{${key}} ${count}`,
    ]);
    return [
      ...family('coredns_dns_request_duration_seconds', 'histogram', 'Time each request took, in seconds.', durations),
      ...family('coredns_dns_requests_total', 'counter', 'DNS requests by protocol, family and type.', [
        ...counted(this.#requests),
      ]),
      ...family('coredns_dns_responses_total', 'counter', 'DNS responses by response code.', [
        ...counted(this.#responses),
      ]),
      '',
    ].join('\n');
  }
}

function family(name: string, type: string, help: string, samples: readonly string[]): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples.map((sample) => `${name}${sample}`)];
}

function counted(counters: ReadonlyMap<string, Counter>): string[] {
  return [...counters].map(([key, { count }]) => `{${key}} ${count}`).sort();
}

/** The series of these labels, begun when it is the first time. */
function series<T>(all: Map<string, T>, key: string, begin: () => T): T {
  const found = all.get(key) ?? begin();
  all.set(key, found);
  return found;
}

function labels(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}="${value}"`)
    .join(',');
}
