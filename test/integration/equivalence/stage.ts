/** Puts the pods, Services and EndpointSlices of the situations into a lab's API. */
import type { IpFamily } from '../../../src/net/ip.ts';
import { ENDPOINT_SLICES, NODES, PODS, SERVICES } from '../../../src/objects/resource.ts';
import type { Transport } from '../../../src/objects/transport.ts';
import type { EndpointSlice, Pod, Service } from '../../../src/objects/wire.ts';
import type { Places } from './places.ts';
import { type EndpointSpec, familiesOf, type Situation } from './situation.ts';

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
  readonly #index: number;
  readonly name: string;
  #service: Service | undefined;
  /** Its slices, by family, as the API has them. */
  readonly #slices = new Map<IpFamily, EndpointSlice>();

  constructor(transport: Transport, places: Places, situation: Situation, index: number) {
    this.#transport = transport;
    this.#places = places;
    this.#situation = situation;
    this.#index = index;
    this.name = `s${index}`;
  }

  /** The address outside the cluster, for those that have one. */
  vip(family: IpFamily): string {
    const network = VIP_NETWORKS[family][this.#situation.vip!.via]!;
    return family === 4 ? `${network}.${this.#index + 1}` : `${network}::${(this.#index + 1).toString(16)}`;
  }

  /** The Service as the API has it. */
  get service(): Service {
    return this.#service!;
  }

  /** Makes the objects as they are in this act; without one they stay as they are. */
  async enter(act: number): Promise<void> {
    const { endpoints, service } = this.#situation.acts[act] ?? {};
    if (this.#service === undefined) await this.#createService(service);
    else if (service !== undefined) await this.#changeService(service);
    if (endpoints === undefined) return;
    for (const family of familiesOf(this.#situation)) await this.#publish(family, endpoints);
  }

  async leave(): Promise<void> {
    await this.#transport.delete(SERVICES, { namespace: 'default', name: this.name });
  }

  async #createService(change: Situation['service'] | undefined): Promise<void> {
    const { vip } = this.#situation;
    const families = familiesOf(this.#situation);
    const spec = { ...(this.#isName ? {} : this.#defaults()), ...this.#situation.service, ...change };
    const vips = vip === undefined ? [] : families.map((family) => this.vip(family));
    const byVip =
      vip?.as === 'external'
        ? { externalIPs: vips }
        : vip?.as === 'loadBalancer'
          ? { type: 'LoadBalancer', loadBalancerClass: NOBODYS_CLASS }
          : {};
    this.#service = await this.#transport.create(SERVICES, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: this.name, namespace: 'default' },
      spec: { ...spec, ...byVip },
    });
    if (vip?.as !== 'loadBalancer') return;
    const status = { loadBalancer: { ingress: vips.map((ip) => ({ ip, ipMode: vip.ipMode ?? 'VIP' })) } };
    this.#service = await this.#transport.update(SERVICES, { ...this.#service, status }, { subresource: 'status' });
  }

  /** It is an alias, without addresses of its own. */
  get #isName(): boolean {
    return this.#situation.service.type === 'ExternalName';
  }

  #defaults(): Situation['service'] {
    const families = familiesOf(this.#situation);
    return {
      ipFamilyPolicy: families.length === 1 ? 'SingleStack' : 'RequireDualStack',
      ipFamilies: families.map((family) => `IPv${family}`),
      ports: [{ port: 80, targetPort: 8080 }],
    };
  }

  async #changeService(spec: Situation['service']): Promise<void> {
    const key = { namespace: 'default', name: this.name };
    this.#service = await this.#transport.patch(SERVICES, key, 'merge', { spec });
  }

  /** Writes the slice of one family; it goes with the Service. */
  async #publish(family: IpFamily, endpoints: readonly EndpointSpec[]): Promise<void> {
    const standing = this.#slices.get(family);
    const slice: EndpointSlice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: standing?.metadata ?? {
        name: `${this.name}-${family}`,
        namespace: 'default',
        labels: { 'kubernetes.io/service-name': this.name },
        ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: this.name, uid: this.service.metadata!.uid! }],
      },
      addressType: `IPv${family}`,
      endpoints: endpoints.map((endpoint) => this.#endpoint(family, endpoint)),
      ports: this.service.spec!.ports!.map(({ name, protocol, port, targetPort }) => ({
        name: name ?? '',
        protocol,
        port: typeof targetPort === 'number' ? targetPort : port,
      })),
    };
    const written =
      standing === undefined
        ? await this.#transport.create(ENDPOINT_SLICES, slice)
        : await this.#transport.update(ENDPOINT_SLICES, slice);
    this.#slices.set(family, written);
  }

  #endpoint(family: IpFamily, { at, forZones, forNodes, ...conditions }: EndpointSpec) {
    const { ready = true, serving = ready, terminating = false } = conditions;
    const nodeName = this.#places.nodeOf(at);
    const hints = {
      ...(forZones ? { forZones: forZones.map((name) => ({ name })) } : {}),
      ...(forNodes ? { forNodes: forNodes.map((name) => ({ name })) } : {}),
    };
    return {
      addresses: [this.#places.ip(at, family)],
      conditions: { ready, serving, terminating },
      ...(nodeName === undefined ? {} : { nodeName, zone: `zone-${nodeName}` }),
      ...(Object.keys(hints).length > 0 ? { hints } : {}),
    };
  }
}

/** The client has a route to each by way of that node. */
export const VIP_NETWORKS: Readonly<Record<IpFamily, Readonly<Record<string, string>>>> = {
  4: { 'control-plane': '192.168.50', 'node-1': '192.168.51', 'node-2': '192.168.52' },
  6: { 'control-plane': 'fd00:192:168:50', 'node-1': 'fd00:192:168:51', 'node-2': 'fd00:192:168:52' },
};
