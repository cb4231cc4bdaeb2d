/**
 * A plan as HAProxy's configuration. Hosts and paths lie in map files, looked up in constant time however many there are; nothing a
 * user wrote becomes part of the configuration itself. Pure.
 *
 * The order: the host as it is, then with a star for its first label, then none. Within the host the path as it is, then the longest
 * prefix of whole elements, then the host's default backend.
 *
 * Source: HAProxy Configuration Manual, 7.3.1 (map, concat, regsub) and 5.1 (crt-list).
 */
import type { HaproxyConfiguration } from '../haproxy/haproxy.ts';
import { ANY_HOST, type Backend, type IngressPlan } from './ingress-plan.ts';

export interface IngressConfigOptions {
  /** Certificate and key for hosts without one of their own. */
  readonly ownCertificate: string;
  /** Container's ports. */
  readonly http: number;
  readonly https: number;
}

/** Numeric since the name of the group differs between distributions: nobody. */
const UNPRIVILEGED = 65534;
const NOT_FOUND = 'default-backend';

/** The whole configuration. */
export function ingressConfiguration(plan: IngressPlan, options: IngressConfigOptions): HaproxyConfiguration {
  return {
    global: [
      `uid ${UNPRIVILEGED}`,
      `gid ${UNPRIVILEGED}`,
      'nbthread 1',
      'maxconn 4000',
      'tune.ssl.default-dh-param 2048',
      'ssl-default-bind-options ssl-min-ver TLSv1.2',
    ],
    text: [DEFAULTS, frontend(options), ...plan.backends.map(backendSection), NOT_FOUND_SECTION].join('\n'),
    files: {
      ...mapFiles(plan),
      'own.pem': options.ownCertificate,
      'certificates.list': lines(plan.certificates.map(({ name, hosts }) => [name, ...hosts].join(' '))),
      ...Object.fromEntries(plan.certificates.map(({ name, pem }) => [name, pem])),
    },
  };
}

const DEFAULTS = section('defaults', [
  'mode http',
  'timeout connect 1s',
  'timeout client 50s',
  'timeout server 50s',
  'timeout tunnel 1h',
  'timeout http-request 10s',
  'timeout http-keep-alive 60s',
  'retries 3',
  'option redispatch 1',
  'option forwardfor',
]);

function frontend({ http, https }: IngressConfigOptions): string {
  const isUnknown = (variable: string) => `unless { var(txn.${variable}) -m found }`;
  return section('frontend ingress', [
    `bind :${http}`,
    `bind :${https} ssl crt own.pem crt-list certificates.list alpn h2,http/1.1`,
    'http-request set-header X-Forwarded-Proto https if { ssl_fc }',
    'http-request set-header X-Forwarded-Proto http unless { ssl_fc }',
    'http-request set-var(txn.path) path',
    'http-request set-var(txn.host) req.hdr(host),field(1,:),lower',
    'http-request set-var(txn.site) var(txn.host),map_str(hosts.map)',
    `http-request set-var(txn.site) var(txn.host),regsub(^[^.]*,*),map_str(hosts.map) ${isUnknown('site')}`,
    `http-request set-var(txn.site) str(${ANY_HOST}) ${isUnknown('site')}`,
    'http-request set-var(txn.backend) var(txn.site),concat(,txn.path),map_str(exact.map)',
    `http-request set-var(txn.backend) var(txn.site),concat(,txn.path,/),map_beg(prefix.map) ${isUnknown('backend')}`,
    `http-request set-var(txn.backend) var(txn.site),map_str(fallback.map) ${isUnknown('backend')}`,
    'use_backend %[var(txn.backend)] if { var(txn.backend) -m found }',
    `default_backend ${NOT_FOUND}`,
  ]);
}

/** `hosts.map`: host → site. `exact.map`, `prefix.map`: site and path → backend. `fallback.map`: site → backend. */
function mapFiles({ sites, fallback }: IngressPlan): Record<string, string> {
  const entries = (kind: 'Exact' | 'Prefix', end: string) =>
    sites.flatMap(({ host, routes }) =>
      routes.filter((route) => route.kind === kind).map(({ path, backend }) => `${host}${path}${end} ${backend}`),
    );
  const fallbacks = new Map(sites.map((site) => [site.host, site.fallback ?? fallback]));
  if (!fallbacks.has(ANY_HOST)) fallbacks.set(ANY_HOST, fallback);
  return {
    'hosts.map': lines(sites.map(({ host }) => `${host} ${host}`)),
    'exact.map': lines(entries('Exact', '')),
    'prefix.map': lines(entries('Prefix', '/')),
    'fallback.map': lines([...fallbacks].filter(([, to]) => to !== undefined).map(([host, to]) => `${host} ${to}`)),
  };
}

function backendSection({ name, servers }: Backend): string {
  return section(`backend ${name}`, [
    'balance roundrobin',
    ...servers.map((server) => `server ${server.replace(/[[\]]/g, '')} ${server}`),
  ]);
}

/** As the default backend of ingress-nginx answers. */
const NOT_FOUND_SECTION = section(`backend ${NOT_FOUND}`, [
  'http-request return status 404 content-type text/plain string "default backend - 404"',
]);

function section(head: string, body: readonly string[]): string {
  return `${head}\n${body.map((line) => `    ${line}\n`).join('')}`;
}

/** Sorted: the same plan is the same text. */
function lines(items: readonly string[]): string {
  return [...items]
    .sort()
    .map((item) => `${item}\n`)
    .join('');
}
