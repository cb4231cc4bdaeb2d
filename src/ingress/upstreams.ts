/** The servers behind an Ingress's backend: the endpoints of its Service themselves, not its ClusterIP. Pure. */
import { hostPort } from '../net/host-port.ts';
import { isIp } from '../net/ip.ts';
import type { EndpointSlice, IngressBackend, Service } from '../objects/wire.ts';
import type { Backend } from './ingress-plan.ts';

const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

/** The objects backends are found in. */
export interface Upstreams {
  /** By `namespace/name`. */
  service(key: string): Service | undefined;
  /** Of a Service, by `namespace/name`. */
  slices(key: string): readonly EndpointSlice[];
}

/** `namespace/name` of the Service a slice belongs to. */
export function serviceOfSlice({ metadata }: EndpointSlice): string[] {
  const name = metadata?.labels?.[SERVICE_NAME_LABEL];
  return name === undefined ? [] : [`${metadata?.namespace ?? ''}/${name}`];
}

/** A backend that cannot be used; `message` is fit for an Event. */
export class BackendProblem extends Error {
  override readonly name = 'BackendProblem';
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The name a backend goes by, whether or not there is such a Service. */
export function backendName(namespace: string, { service }: IngressBackend): string {
  const { name, number } = service?.port ?? {};
  return `${namespace}_${service?.name ?? 'resource'}_${name || number || 0}`;
}

/** Finds the servers. Throws a `BackendProblem` for a Service or port that does not exist, or that cannot be proxied to. */
export function backendOf(namespace: string, backend: IngressBackend, upstreams: Upstreams): Backend {
  const name = backendName(namespace, backend);
  if (backend.service === undefined)
    throw new BackendProblem('UnsupportedBackend', `a resource backend (${backend.resource?.kind}) cannot be served`);
  const key = `${namespace}/${backend.service.name}`;
  const service = upstreams.service(key);
  if (service === undefined) throw new BackendProblem('ServiceNotFound', `Service "${key}" does not exist`);
  if (service.spec?.type === 'ExternalName')
    throw new BackendProblem('UnsupportedBackend', `Service "${key}" is of type ExternalName and has no endpoints`);
  const wanted = backend.service.port;
  const port = service.spec?.ports?.find((each) =>
    wanted?.name ? each.name === wanted.name : each.port === wanted?.number,
  );
  if (port === undefined || (port.protocol ?? 'TCP') !== 'TCP')
    throw new BackendProblem('PortNotFound', `Service "${key}" has no TCP port ${wanted?.name || wanted?.number}`);
  return { name, servers: serversOf(upstreams.slices(key), port.name ?? '') };
}

/** Ready endpoints; only when there is none, those that terminate but still serve. In order, each once. */
function serversOf(slices: readonly EndpointSlice[], portName: string): string[] {
  const [ready, leaving] = [new Set<string>(), new Set<string>()];
  for (const { addressType, ports = [], endpoints = [] } of slices) {
    if (addressType === 'FQDN') continue;
    const port = ports.find((each) => (each.name ?? '') === portName)?.port;
    if (port === undefined) continue;
    for (const { addresses, conditions } of endpoints) {
      const [ip = ''] = addresses;
      if (!isIp(ip)) continue;
      const server = hostPort(ip, port);
      if (conditions?.ready ?? true) ready.add(server);
      else if (conditions?.serving === true && conditions.terminating === true) leaving.add(server);
    }
  }
  return [...(ready.size > 0 ? ready : leaving)].sort();
}
