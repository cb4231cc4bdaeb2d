/** What a lab's picture shows, measured: hosts, nodes with their pods, Services, each with its lines of text. Pure. */

import type { HostSnapshot, NodeSnapshot, PodSnapshot, ServiceSnapshot } from '../../../lab/lab-snapshot.ts';
import { describeFault } from '../../../lab/link-settings.ts';
import type { LabState } from '../../events.ts';
import type { Language } from '../../localize.ts';
import { textWidth } from '../../wrap-text.ts';
import { widthOf } from './svg.ts';

export interface Line {
  readonly text: string;
  readonly kind: 'name' | 'detail' | 'alarm';
}

export interface Box {
  readonly kind: string;
  /** In full, for whoever asks. */
  readonly title: string;
  readonly lines: readonly Line[];
  /** Numbers of the Services it belongs to; of a Service its own. */
  readonly badges: readonly number[];
  /** Something is wrong with its link. */
  readonly isFaulty: boolean;
  readonly width: number;
  readonly height: number;
}

export interface NodeBox extends Box {
  /** In columns. */
  readonly pods: readonly (readonly Box[])[];
}

export const FONT = { name: 11.5, detail: 10.5 };
export const LINE = 14;
export const PADDING = 8;
export const BADGE = { width: 17, height: 13 };
export const POD_GAP = 6;
/** More badges than these are counted. */
export const MOST_BADGES = 5;
const NARROWEST_POD = 150;
/** Columns: of a whole IPv6 address, and names whose ends still tell them apart. */
const LONGEST = { name: 34, detail: 39, alarm: 39 };
const PODS_IN_COLUMN = 8;
/** More than these are counted. */
const MOST_PODS = 32;
const MOST_SERVICES = 24;

export const WORDS = {
  en: {
    lab: 'The lab',
    link: 'link:',
    notReady: 'not ready',
    noEndpoints: 'no endpoints',
    endpoints: (count: number) => `${count} endpoint${count === 1 ? '' : 's'}`,
    more: (count: number) => `and ${count} more`,
    underlay: 'underlay',
    counts: (nodes: number, pods: number, services: number) => `${nodes} nodes, ${pods} pods, ${services} Services`,
  },
  zh: {
    lab: '实验环境',
    link: '链路：',
    notReady: '未就绪',
    noEndpoints: '没有端点',
    endpoints: (count: number) => `${count} 个端点`,
    more: (count: number) => `另有 ${count} 个`,
    underlay: '底层网络',
    counts: (nodes: number, pods: number, services: number) =>
      `${nodes} 个节点，${pods} 个 Pod，${services} 个 Service`,
  },
} as const;

export interface LabBoxes {
  readonly hosts: readonly Box[];
  readonly nodes: readonly NodeBox[];
  readonly services: readonly Box[];
}

/** Everything of the lab; what belongs to `namespace` comes first and stands out. */
export function boxesOf(state: LabState, namespace: string | undefined, language: Language): LabBoxes {
  const { snapshot: lab, faults } = state;
  const isOwn = (item: { readonly namespace: string }): boolean => item.namespace === namespace;
  const linkOf = (target: string): Line[] =>
    faults
      .filter((link) => link.target === target)
      .map(({ fault }) => line(`${WORDS[language].link} ${describeFault(fault)}`, 'alarm'));
  const services = ownFirst(lab.services, isOwn);
  const shown = services.slice(0, MOST_SERVICES);
  const pods = ownFirst(lab.pods, isOwn);
  const drawPod = (pod: PodSnapshot): Box => {
    const link = linkOf(`${pod.namespace}/${pod.name}`);
    return podBox(pod, { services: shown, isOwn: isOwn(pod), link });
  };
  return {
    hosts: lab.hosts.map((host) => hostBox(host, linkOf(host.name))),
    nodes: lab.nodes.map((node) => {
      const own = pods.filter((pod) => pod.node === node.name);
      const drawn = own.slice(0, MOST_PODS).map(drawPod);
      return nodeBox(node, { pods: drawn, count: own.length, link: linkOf(node.name) }, language);
    }),
    services: [
      ...shown.map((service, index) => serviceBox(service, index + 1, isOwn(service), language)),
      ...restBox(services.length - shown.length, language),
    ],
  };
}

function ownFirst<T extends { readonly namespace: string }>(items: readonly T[], isOwn: (item: T) => boolean): T[] {
  return [...items.filter(isOwn), ...items.filter((item) => !isOwn(item))];
}

function hostBox({ name, ips }: HostSnapshot, link: readonly Line[]): Box {
  const lines = [line(name, 'name'), ...link, ...ips.map((ip) => line(ip))];
  return { ...box('host', name, lines), isFaulty: link.length > 0 };
}

interface InNode {
  readonly pods: readonly Box[];
  /** Of all its pods, drawn or not. */
  readonly count: number;
  readonly link: readonly Line[];
}

function nodeBox(node: NodeSnapshot, { pods, count, link }: InNode, language: Language): NodeBox {
  const words = WORDS[language];
  const state = node.ready ? [] : [line(words.notReady, 'alarm')];
  const head = box('node', node.name, [
    line(node.name, 'name'),
    ...state,
    ...link,
    ...node.ips.map((ip) => line(ip)),
    ...node.podCIDRs.map((cidr) => line(`pods ${cidr}`)),
    line(`kube-proxy ${node.proxy.mode}`),
    ...(count > pods.length ? [line(words.more(count - pods.length))] : []),
  ]);
  const podWidth = Math.max(NARROWEST_POD, ...pods.map(({ width }) => width));
  const columns = Array.from({ length: Math.ceil(pods.length / PODS_IN_COLUMN) }, (_, index) =>
    pods.slice(index * PODS_IN_COLUMN, (index + 1) * PODS_IN_COLUMN).map((pod) => ({ ...pod, width: podWidth })),
  );
  const heights = columns.map((column) => column.reduce((sum, pod) => sum + pod.height + POD_GAP, 0));
  return {
    ...head,
    isFaulty: link.length > 0,
    pods: columns,
    width: Math.max(head.width, Math.max(1, columns.length) * (podWidth + PADDING) + PADDING),
    height: head.height + Math.max(0, ...heights),
  };
}

interface AroundPod {
  readonly services: readonly ServiceSnapshot[];
  readonly isOwn: boolean;
  readonly link: readonly Line[];
}

function podBox(pod: PodSnapshot, { services, isOwn, link }: AroundPod): Box {
  const badges = services.flatMap(({ endpoints }, index) =>
    endpoints.some((endpoint) => pod.ips.includes(addressOf(endpoint))) ? [index + 1] : [],
  );
  const state = pod.phase === 'Running' ? [] : [line(pod.phase, 'alarm')];
  const kind = `pod${isOwn ? ' own' : ''}${pod.ready ? '' : ' unready'}`;
  const lines = [line(pod.name, 'name'), ...pod.ips.map((ip) => line(ip)), ...state, ...link];
  return box(kind, `${pod.namespace}/${pod.name}`, lines, badges);
}

function serviceBox(service: ServiceSnapshot, number: number, isOwn: boolean, language: Language): Box {
  const words = WORDS[language];
  const count = new Set(service.endpoints.map(addressOf)).size;
  const lines = [
    line(service.name, 'name'),
    line(service.type),
    ...service.clusterIPs.map((ip) => line(ip)),
    ...service.ports.map((port) => line(port)),
    ...(service.type === 'ExternalName'
      ? []
      : [count === 0 ? line(words.noEndpoints, 'alarm') : line(words.endpoints(count))]),
  ];
  const title = [`${service.namespace}/${service.name}`, ...service.endpoints].join('\n');
  return box(isOwn ? 'service own' : 'service', title, lines, [number]);
}

function restBox(count: number, language: Language): Box[] {
  return count <= 0 ? [] : [box('service', '', [line(WORDS[language].more(count))])];
}

/** Of `10.244.1.2:80` or `[fd00::2]:80`. */
function addressOf(endpoint: string): string {
  return endpoint.slice(0, endpoint.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}

function line(text: string, kind: Line['kind'] = 'detail'): Line {
  return { text: clipMiddle(text, LONGEST[kind]), kind };
}

/** Both ends of a name say something: the end of a pod's which of its Deployment it is. */
function clipMiddle(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  const half = Math.floor((columns - 1) / 2);
  return `${text.slice(0, half)}…${text.slice(-half)}`;
}

function box(kind: string, title: string, lines: readonly Line[], badges: readonly number[] = []): Box {
  const widths = lines.map(({ text, kind: own }) => widthOf(text, own === 'name' ? FONT.name : FONT.detail));
  // Of a Service beside its name, of a pod beside its address.
  const beside = kind.startsWith('service') ? 0 : 1;
  widths[beside] = (widths[beside] ?? 0) + widthOfBadges(badges.length);
  const width = Math.max(0, ...widths) + 2 * PADDING;
  return { kind, title, lines, badges, isFaulty: false, width, height: lines.length * LINE + PADDING + 4 };
}

function widthOfBadges(count: number): number {
  return count === 0 ? 0 : PADDING + Math.min(count, MOST_BADGES) * (BADGE.width + 2);
}
