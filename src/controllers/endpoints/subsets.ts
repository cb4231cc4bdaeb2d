/**
 * The subsets of a legacy Endpoints object: addresses grouped by the ports they share, ready and not ready apart, in
 * a fixed order (the form Kubernetes' RepackSubsets brings them to). Pure.
 */
import type { EndpointSubset, Pod, Service } from '../../objects/wire.ts';
import { addressFor, addressTypesOf } from '../endpoint-slice/pod-endpoint.ts';
import { slicePortsFor } from '../endpoint-slice/slice-ports.ts';
import { isReady, isTerminating } from '../pod-state.ts';
import { isHeadless } from '../service-port.ts';

type Address = NonNullable<EndpointSubset['addresses']>[number];
type Port = NonNullable<EndpointSubset['ports']>[number];

/** Addresses beyond this many are left out, ready ones kept first; an annotation says so. */
export const MOST_ADDRESSES = 1000;

interface Entry {
  readonly address: Address;
  readonly order: string;
  readonly ready: boolean;
  readonly ports: Map<string, Port>;
}

/** The subsets for these pods; `truncated` when there were too many addresses. */
export function subsetsOf(
  service: Service,
  pods: readonly Pod[],
): { readonly subsets: EndpointSubset[]; readonly truncated: boolean } {
  const publishAll = service.spec?.publishNotReadyAddresses === true;
  const [family = 'IPv4'] = addressTypesOf(service);
  const portless = isHeadless(service) && (service.spec?.ports ?? []).length === 0;
  const entries: Entry[] = [];
  for (const pod of pods) {
    const ip = addressFor(pod, family);
    if (ip === undefined || (isTerminating(pod) && !publishAll)) continue;
    const ports = slicePortsFor(service, pod) as Port[];
    // A pod without any of the ports is no endpoint; without ports at all it is a name only.
    if (ports.length === 0 && !portless) continue;
    entries.push({
      address: addressOf(service, pod, ip),
      order: sortKey(ip),
      ready: publishAll || isReady(pod),
      ports: new Map(ports.map((port) => [portText(port), named(port)])),
    });
  }
  entries.sort((a, b) => Number(b.ready) - Number(a.ready) || (a.order < b.order ? -1 : 1));
  return { subsets: group(entries.slice(0, MOST_ADDRESSES)), truncated: entries.length > MOST_ADDRESSES };
}

function group(entries: readonly Entry[]): EndpointSubset[] {
  const groups = new Map<string, { ports: Port[]; ready: Address[]; notReady: Address[] }>();
  for (const { address, ready, ports } of entries) {
    const key = [...ports.keys()].sort().join(' ');
    const subset = groups.get(key) ?? { ports: [...ports.values()], ready: [], notReady: [] };
    (ready ? subset.ready : subset.notReady).push(address);
    groups.set(key, subset);
  }
  const ordered = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  return ordered.map(([, { ports, ready, notReady }]) => ({
    ...(ready.length === 0 ? {} : { addresses: ready }),
    ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
    ...(ports.length === 0 ? {} : { ports }),
  }));
}

function addressOf(service: Service, pod: Pod, ip: string): Address {
  const { name = '', namespace = '', uid } = pod.metadata ?? {};
  const { nodeName, hostname, subdomain } = pod.spec ?? {};
  const hasName = hostname !== undefined && hostname !== '' && subdomain === service.metadata?.name;
  return {
    ip,
    ...(hasName ? { hostname } : {}),
    ...(nodeName === undefined ? {} : { nodeName }),
    targetRef: { kind: 'Pod', namespace, name, ...(uid === undefined ? {} : { uid }) },
  };
}

/** Unlike in a slice, an unnamed port has no name. */
function named(port: Port): Port {
  const { name, ...rest } = port;
  return name === undefined || name === '' ? rest : port;
}

function portText({ name = '', protocol = 'TCP', port }: Port): string {
  return `${name}/${protocol}/${String(port).padStart(5, '0')}`;
}

/** Sorts addresses by number, not by text: 10.0.0.9 before 10.0.0.10. */
function sortKey(ip: string): string {
  return ip.includes(':') ? ip : ip.replace(/\d+/g, (part) => part.padStart(3, '0'));
}
