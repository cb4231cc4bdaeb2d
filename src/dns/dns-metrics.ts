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

export class DnsMetrics {
  readonly #family: string;
  readonly #requests = new Map<string, number>();
  readonly #responses = new Map<string, number>();
  readonly #durations = new Map<string, { count: number; sum: number; readonly buckets: number[] }>();

  /** `family` of the addresses it listens on: CoreDNS writes 1 for IPv4 and 2 for IPv6. */
  constructor(family: 4 | 6) {
    this.#family = family === 4 ? '1' : '2';
  }

  /** Notes one answered query. */
  answered({ transport, type: asked, rcode, plugin, seconds }: AnsweredQuery): void {
    const type = TYPES.has(asked) ? asked : 'other';
    increment(this.#requests, labels({ family: this.#family, proto: transport, ...SERVER, type }));
    increment(this.#responses, labels({ plugin, rcode: RCODE_NAMES.get(rcode) ?? String(rcode), ...SERVER }));
    const series = labels({ ...SERVER, type });
    const duration = this.#durations.get(series) ?? { count: 0, sum: 0, buckets: DURATION_BUCKETS.map(() => 0) };
    this.#durations.set(series, duration);
    duration.count += 1;
    duration.sum += seconds;
    for (const [index, bound] of DURATION_BUCKETS.entries()) if (seconds <= bound) duration.buckets[index]! += 1;
  }

  /** The page `/metrics` answers with. */
  render(): string {
    const durations = [...this.#durations].flatMap(([series, { count, sum, buckets }]) => [
      ...buckets.map((value, index) => `_bucket{${series},le="${DURATION_BUCKETS[index]}"} ${value}`),
      `_bucket{${series},le="+Inf"} ${count}`,
      `_sum{${series}} ${sum}`,
      `_count{${series}} ${count}`,
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

function counted(series: ReadonlyMap<string, number>): string[] {
  return [...series].map(([key, value]) => `{${key}} ${value}`).sort();
}

function increment(series: Map<string, number>, key: string): void {
  series.set(key, (series.get(key) ?? 0) + 1);
}

function labels(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}="${value}"`)
    .join(',');
}
