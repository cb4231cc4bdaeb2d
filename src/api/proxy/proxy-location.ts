/** Where a proxy request leads: the pod itself, one ready endpoint of a Service, or a node. */
import { ENDPOINTS, NODES, PODS, SERVICES } from '../../objects/resource.ts';
import type { Endpoints, Node, Pod, Service } from '../../objects/wire.ts';
import type { ApiCore } from '../api-core.ts';
import type { Address } from '../dial.ts';
import type { ObjectRequest } from '../http/resource-request.ts';
import { badRequest, notFound, statusError } from '../status-error.ts';
import { type ProxyName, parseProxyName } from './proxy-name.ts';
import { requireProxyable } from './proxyable-address.ts';

export interface ProxyLocation extends Address {
  readonly scheme: 'http' | 'https';
  /** The kubelet of a node. */
  readonly isKubelet?: boolean;
}

const KUBELET_PORT = 10250;
const DEFAULT_PORT = { http: 80, https: 443 } as const;

/** Throws NotFound, BadRequest, and ServiceUnavailable for a Service nobody answers for. */
export function proxyLocation({ core, definition, namespace, name: text }: ObjectRequest): ProxyLocation {
  const name = parseProxyName(text);
  const { singular } = definition;
  if (name === undefined) throw badRequest(`invalid ${singular} request ${JSON.stringify(text)}`);
  const location =
    definition.type === NODES
      ? nodeLocation(core, name)
      : definition.type === SERVICES
        ? serviceLocation(core, namespace, name)
        : podLocation(core, namespace, name);
  requireProxyable(location.host);
  return location;
}

function podLocation(core: ApiCore, namespace: string, { scheme = 'http', name, port }: ProxyName): ProxyLocation {
  const pod = core.store.collection(PODS).get(namespace, name)?.object as Pod | undefined;
  if (pod === undefined) throw notFound(PODS, name);
  const first = pod.spec?.containers.flatMap(({ ports = [] }) => ports)[0]?.containerPort;
  const number = port === '' ? (first ?? DEFAULT_PORT[scheme]) : portNumber(port);
  return { scheme, host: pod.status?.podIP ?? '', port: number };
}

function serviceLocation(core: ApiCore, namespace: string, { scheme = 'http', name, port }: ProxyName): ProxyLocation {
  const service = core.store.collection(SERVICES).get(namespace, name)?.object as Service | undefined;
  if (service === undefined) throw notFound(SERVICES, name);
  const portName = /^\d+$/.test(port) ? nameOfPort(service, Number(port)) : port;
  const endpoints = core.store.collection(ENDPOINTS).get(namespace, name)?.object as Endpoints | undefined;
  const candidates = (endpoints?.subsets ?? []).flatMap(({ addresses = [], ports = [] }) => {
    const found = ports.find((candidate) => (candidate.name ?? '') === portName);
    if (found === undefined) return [];
    return addresses.filter((address) => isOfPod(core, address)).map(({ ip }) => ({ host: ip, port: found.port }));
  });
  const chosen = candidates[Math.floor(Math.random() * candidates.length)];
  if (chosen === undefined) throw unavailable(`no endpoints available for service ${JSON.stringify(name)}`);
  return { scheme, ...chosen };
}

/** An address may be led to when it is that of the pod it names: whoever may write Endpoints could name any other. */
function isOfPod(
  core: ApiCore,
  { ip, targetRef }: NonNullable<NonNullable<Endpoints['subsets']>[number]['addresses']>[number],
): boolean {
  if (targetRef?.kind !== 'Pod') return false;
  const pod = core.store.collection(PODS).get(targetRef.namespace ?? '', targetRef.name ?? '')?.object as
    | Pod
    | undefined;
  return pod?.status?.podIP === ip || (pod?.status?.podIPs ?? []).some((found) => found.ip === ip);
}

function nameOfPort({ spec, metadata }: Service, number: number): string {
  const port = spec?.ports?.find((found) => found.port === number);
  if (port === undefined)
    throw unavailable(`no service port ${number} found for service ${JSON.stringify(metadata?.name)}`);
  return port.name ?? '';
}

function nodeLocation(core: ApiCore, { scheme, name, port }: ProxyName): ProxyLocation {
  const node = core.store.collection(NODES).get('', name)?.object as Node | undefined;
  if (node === undefined) throw notFound(NODES, name);
  const { addresses = [], daemonEndpoints } = node.status ?? {};
  const host = addresses.find(({ type }) => type === 'InternalIP')?.address ?? '';
  const kubelet = daemonEndpoints?.kubeletEndpoint?.Port ?? KUBELET_PORT;
  const number = port === '' ? kubelet : portNumber(port);
  if (number === kubelet) return { scheme: 'https', host, port: number, isKubelet: true };
  return { scheme: scheme ?? 'http', host, port: number };
}

function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65535) throw badRequest(`invalid port ${JSON.stringify(text)}`);
  return port;
}

function unavailable(message: string) {
  return statusError(503, 'ServiceUnavailable', message);
}
