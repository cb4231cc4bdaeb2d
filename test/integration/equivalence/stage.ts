/** Puts the pods, Services and EndpointSlices of the situations into a lab's API. */
import { ENDPOINT_SLICES, NODES, PODS, SERVICES } from '../../../src/objects/resource.ts';
import type { Transport } from '../../../src/objects/transport.ts';
import type { EndpointSlice, Pod, Service } from '../../../src/objects/wire.ts';
import type { Places } from './places.ts';
import type { EndpointSpec, Situation } from './situation.ts';

/** A class that no load balancer of the lab has: the address is what the situation says. */
const NOBODYS_CLASS = 'equivalence.test/none';

const PODS_ON: Readonly<Record<string, readonly string[]>> = {
  'node-1': ['a1', 'a2', 'p1'],
  'node-2': ['b1', 'u1', 'p2'],
};

/** Makes the pods and gives each node a zone of its own (`zone-node-1`). The pods' servers are not theirs: see `serve`. */
export async function createPods(transport: Transport, nodes: readonly string[]): Promise<void> {
  for (const name of nodes)
    await transport.patch(NODES, { name }, 'merge', {
      metadata: { labels: { 'topology.kubernetes.io/zone': `zone-${name}` } },
    });
  for (const [nodeName, names] of Object.entries(PODS_ON))
    for (const name of names) await transport.create(PODS, pod(name, nodeName));
}

function pod(name: string, nodeName: string): Pod {
  const server = /^[ab]/.test(name);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { name, ...(server ? { app: 'web' } : {}) } },
    spec: {
      nodeName,
      // u1 waits for a condition that nobody sets.
      ...(name === 'u1' ? { readinessGates: [{ conditionType: 'equivalence.test/never' }] } : {}),
      containers: [
        {
          name: 'main',
          image: 'registry.k8s.io/pause:3.10',
          // The same name is another port in b1.
          ports: [{ name: 'web', containerPort: name === 'b1' ? 9090 : 8080 }],
        },
      ],
    },
  };
}

/** One situation's objects in the API. */
export class Stage {
  readonly #transport: Transport;
  readonly #places: Places;
  readonly #situation: Situation;
  readonly #name: string;
  /** The address outside the cluster; undefined: it has none. */
  readonly vip: string | undefined;
  #service: Service | undefined;

  constructor(transport: Transport, places: Places, situation: Situation, index: number) {
    this.#transport = transport;
    this.#places = places;
    this.#situation = situation;
    this.#name = `s${index}`;
    this.vip = situation.vip && `${VIP_NETWORKS[situation.vip.via]}.${index + 1}`;
  }

  /** The Service as the API has it. */
  get service(): Service {
    return this.#service!;
  }

  /** Makes the objects as they are in this act. */
  async enter(act: number): Promise<void> {
    const { endpoints, service } = this.#situation.acts[act]!;
    if (this.#service === undefined) await this.#createService(service);
    else if (service !== undefined) await this.#changeService(service);
    if (endpoints !== undefined) await this.#publish(endpoints);
  }

  async leave(): Promise<void> {
    await this.#transport.delete(SERVICES, { namespace: 'default', name: this.#name });
  }

  async #createService(change: Situation['service'] | undefined): Promise<void> {
    const { vip } = this.#situation;
    const spec = { ports: [{ port: 80, targetPort: 8080 }], ...this.#situation.service, ...change };
    const byVip =
      vip?.as === 'external'
        ? { externalIPs: [this.vip!] }
        : vip?.as === 'loadBalancer'
          ? { type: 'LoadBalancer', loadBalancerClass: NOBODYS_CLASS }
          : {};
    this.#service = await this.#transport.create(SERVICES, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: this.#name, namespace: 'default' },
      spec: { ...spec, ...byVip },
    });
    if (vip?.as !== 'loadBalancer') return;
    const status = { loadBalancer: { ingress: [{ ip: this.vip!, ipMode: vip.ipMode ?? 'VIP' }] } };
    this.#service = await this.#transport.update(SERVICES, { ...this.#service, status }, { subresource: 'status' });
  }

  async #changeService(spec: Situation['service']): Promise<void> {
    const key = { namespace: 'default', name: this.#name };
    this.#service = await this.#transport.patch(SERVICES, key, 'merge', { spec });
  }

  /** Writes the slice; it goes with the Service. */
  async #publish(endpoints: readonly EndpointSpec[]): Promise<void> {
    const slice: EndpointSlice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${this.#name}-1`,
        namespace: 'default',
        labels: { 'kubernetes.io/service-name': this.#name },
        ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: this.#name, uid: this.service.metadata!.uid! }],
      },
      addressType: 'IPv4',
      endpoints: endpoints.map((endpoint) => this.#endpoint(endpoint)),
      ports: this.service.spec!.ports!.map(({ name, protocol, port, targetPort }) => ({
        name: name ?? '',
        protocol,
        port: typeof targetPort === 'number' ? targetPort : port,
      })),
    };
    const key = { namespace: 'default', name: slice.metadata!.name! };
    const { items } = await this.#transport.list(ENDPOINT_SLICES, {
      namespace: 'default',
      fieldSelector: `metadata.name=${key.name}`,
    });
    if (items.length === 0) await this.#transport.create(ENDPOINT_SLICES, slice);
    else await this.#transport.update(ENDPOINT_SLICES, { ...slice, metadata: items[0]!.metadata! });
  }

  #endpoint({ at, ready = true, serving = ready, terminating = false, forZones, forNodes }: EndpointSpec) {
    const nodeName = this.#places.nodeOf(at);
    const hints = {
      ...(forZones ? { forZones: forZones.map((name) => ({ name })) } : {}),
      ...(forNodes ? { forNodes: forNodes.map((name) => ({ name })) } : {}),
    };
    return {
      addresses: [this.#places.ip(at)],
      conditions: { ready, serving, terminating },
      ...(nodeName === undefined ? {} : { nodeName, zone: `zone-${nodeName}` }),
      ...(Object.keys(hints).length > 0 ? { hints } : {}),
    };
  }
}

/** The client has a route to each by way of that node. */
export const VIP_NETWORKS: Readonly<Record<string, string>> = {
  'control-plane': '192.168.50',
  'node-1': '192.168.51',
  'node-2': '192.168.52',
};
