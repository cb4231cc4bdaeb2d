/**
 * The load balancer's HAProxy configuration: each TCP port of each Service a `listen` section, each member a server whose
 * health HAProxy itself checks over the network. Pure: Services in, text out.
 *
 * Source: HAProxy Configuration Manual, 4.2 (option httpchk, redispatch) and 5.2 (server options).
 */
import type { HaproxyConfiguration } from '../haproxy/haproxy.ts';
import type { BalancedPort, BalancedService, Member } from './balanced-service.ts';

/** Milliseconds between two checks of a member, and the time one may take. */
export const CHECK_EVERY_MS = 500;
/** Checks in a row that change what is thought of a member. */
export const CHECKS_TO_CHANGE = 2;
/** All checks of healthCheckNodePorts together, a second: with many Services each is checked less often. */
const MOST_CHECKS_PER_SECOND = 400;
/** Where a kube-proxy says that it is in good health. */
export const KUBE_PROXY_HEALTHZ_PORT = 10_256;
/** What is asked there, and on a healthCheckNodePort, where 200 means local endpoints and 503 none. */
export const HEALTH_PATH = '/healthz';
/** In the load balancer's own namespace: what HAProxy knows of every member, as CSV. */
export const STATS_ADDRESS = '127.0.0.1:8404';

/** The section with one server a node; no Service's is called so, since those have an underscore. */
const NODES = 'nodes';
/** Numeric since the name of the group differs between distributions: nobody. */
const UNPRIVILEGED = 65534;

/** The configuration for these Services (in any order); undefined when none has a TCP port. */
export function haproxyConfiguration(services: readonly BalancedService[]): HaproxyConfiguration | undefined {
  const sorted = [...services].sort((a, b) => (a.key < b.key ? -1 : 1));
  const checked = sorted.filter(({ healthCheckNodePort }) => healthCheckNodePort !== undefined);
  const checks = checked.reduce((sum, { ports, members }) => sum + ports.length * members.length, 0);
  const interval = Math.max(CHECK_EVERY_MS, Math.ceil((checks / MOST_CHECKS_PER_SECOND) * 1000));
  const sections = sorted.flatMap((service) =>
    service.ports.filter(({ protocol }) => protocol === 'TCP').map((port) => listenSection(service, port, interval)),
  );
  if (sections.length === 0) return undefined;
  return {
    global: [`uid ${UNPRIVILEGED}`, `gid ${UNPRIVILEGED}`, 'nbthread 1', 'maxconn 8000', 'spread-checks 20'],
    text: [defaults(), stats(), nodes(sorted), ...sections].join('\n'),
  };
}

function defaults(): string {
  return section('defaults', [
    'mode tcp',
    // A connection that a member does not take is tried again, each time at another.
    'timeout connect 500ms',
    'retries 3',
    'option redispatch 1',
    'timeout client 1h',
    'timeout server 1h',
    `timeout check ${CHECK_EVERY_MS}ms`,
    'load-server-state-from-file global',
    `default-server inter ${CHECK_EVERY_MS}ms fall ${CHECKS_TO_CHANGE} rise ${CHECKS_TO_CHANGE}`,
  ]);
}

/** One check a node, that of its kube-proxy, which every Service with externalTrafficPolicy Cluster goes by. */
function nodes(services: readonly BalancedService[]): string {
  const members = new Map(services.flatMap((service) => service.members.map((member) => [member.node, member])));
  return section(`backend ${NODES}`, [
    ...httpCheck(),
    ...[...members.values()].map(({ node, address }) => `server ${node} ${address}:${KUBE_PROXY_HEALTHZ_PORT} check`),
  ]);
}

function stats(): string {
  return section('frontend stats', [
    'mode http',
    `bind ${STATS_ADDRESS}`,
    'timeout client 5s',
    'stats enable',
    'stats uri /',
    // With the members' addresses.
    'stats show-legends',
  ]);
}

function listenSection(service: BalancedService, port: BalancedPort, interval: number): string {
  const { key, address, members, healthCheckNodePort, isSticky } = service;
  const named = port.name === '' ? key : `${key}:${port.name}`;
  const check = (node: string) =>
    healthCheckNodePort === undefined
      ? `track ${NODES}/${node}`
      : `check port ${healthCheckNodePort} inter ${interval}ms`;
  return [
    `# ${named}`,
    section(`listen ${sectionName(key, port)}`, [
      `bind ${address}:${port.port}`,
      ...(isSticky ? ['balance source', 'hash-type consistent'] : ['balance roundrobin']),
      ...(healthCheckNodePort === undefined ? [] : httpCheck()),
      ...members.map((each) => `server ${each.node} ${each.address}:${port.nodePort} ${check(each.node)}`),
      ...(healthCheckNodePort === undefined ? failOpen(members, port) : []),
    ]),
  ].join('\n');
}

/** When no member seems healthy, all are tried, as clouds do: the checks may be what is broken. */
function failOpen(members: readonly Member[], { nodePort }: BalancedPort): string[] {
  return [
    'option allbackups',
    ...members.map(({ node, address }) => `server ${node}-unchecked ${address}:${nodePort} backup`),
  ];
}

function httpCheck(): string[] {
  return [`option httpchk GET ${HEALTH_PATH}`, 'http-check expect status 200'];
}

/** `default_web_80`: names of Services and namespaces hold no underscore, those of HAProxy's sections no slash. */
export function sectionName(key: string, { port }: Pick<BalancedPort, 'port'>): string {
  return `${key.replace('/', '_')}_${port}`;
}

function section(head: string, lines: readonly string[]): string {
  return `${head}\n${lines.map((line) => `    ${line}\n`).join('')}`;
}
