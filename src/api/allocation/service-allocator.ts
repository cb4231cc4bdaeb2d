/**
 * Gives Services their cluster IPs and node ports, and takes them back on a change of type and on delete. One call is all or
 * nothing: first everything is chosen, then it is taken. What is taken follows from the stored Services alone, so a
 * restarted server restores it from them.
 */
import { cidrOf } from '../../net/cidr.ts';
import { parseIp } from '../../net/ip.ts';
import type { Service, ServiceSpec } from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
import { invalid } from '../validation/field.ts';
import { ClusterIps } from './cluster-ips.ts';
import { type ClusterFamilies, familiesOf, settleFamilies } from './ip-families.ts';
import { NodePorts, type PortRange } from './node-ports.ts';

/** The ServiceCIDR that stands for the ranges the server was started with. */
const OWN = 'kubernetes';

/** What one Service holds. */
interface Holding {
  readonly ips: readonly string[];
  readonly ports: readonly number[];
}

export class ServiceAllocator {
  readonly #ips: ClusterIps;
  readonly #ports: NodePorts;
  /** A ServiceCIDR object adds addresses, never a family: that is the server's configuration. */
  readonly #families: ClusterFamilies;

  /** `cidrs`: the server's own ranges; the first one's family is the primary. */
  constructor(cidrs: readonly string[], ports: PortRange, random: () => number = Math.random) {
    this.#ips = new ClusterIps(random);
    this.#ips.setRanges(OWN, cidrs);
    const own = cidrs.map((cidr) => cidrOf(cidr).family);
    this.#families = { primary: own[0] ?? 4, serves: (family) => own.includes(family) };
    this.#ports = new NodePorts(ports, random);
  }

  /** Ranges of a ServiceCIDR object. */
  addRanges(name: string, cidrs: readonly string[]): void {
    this.#ips.setRanges(name, cidrs);
  }

  /** The ranges of a deleted ServiceCIDR. The server's own stay: they are its configuration, not an object. */
  removeRanges(name: string): void {
    if (name !== OWN) this.#ips.removeRanges(name);
  }

  /** Decides the IP families of a Service; answers why not when its wish cannot be had. */
  settle({ spec }: Service, previous: Service | undefined): FieldError[] {
    return spec === undefined ? [] : settleFamilies(spec, previous, this.#families);
  }

  /** Fills in addresses and ports of a settled Service; answers why not when a chosen one cannot be had. Throws when a range is full. */
  allocate(service: Service, previous: Service | undefined, dryRun: boolean): FieldError[] {
    const spec = service.spec;
    if (spec === undefined) return [];
    const before = holdingOf(previous?.spec);
    // What this Service holds already is not in its own way.
    this.#giveBack(before);
    try {
      const errors = [...this.#chooseIps(spec, before), ...this.#choosePorts(spec)];
      if (errors.length > 0 || dryRun) this.#take(before);
      else this.#take(holdingOf(spec));
      return errors;
    } catch (error) {
      this.#take(before);
      throw error;
    }
  }

  /** Marks what a stored Service holds as taken. */
  restore(service: Service): void {
    this.#take(holdingOf(service.spec));
  }

  /** Gives back all that a deleted Service held. */
  release(service: Service): void {
    this.#giveBack(holdingOf(service.spec));
  }

  #take({ ips, ports }: Holding): void {
    for (const ip of ips) this.#ips.take(ip);
    for (const port of ports) this.#ports.take(port);
  }

  #giveBack({ ips, ports }: Holding): void {
    for (const ip of ips) this.#ips.giveBack(ip);
    for (const port of ports) this.#ports.giveBack(port);
  }

  #chooseIps(spec: ServiceSpec, before: Holding): FieldError[] {
    if (spec.type === 'ExternalName') return [];
    if (spec.clusterIP === 'None') {
      spec.clusterIPs = ['None'];
      return [];
    }
    const asked = spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]);
    for (const ip of asked) {
      const why = before.ips.includes(ip) ? undefined : this.#ips.whyNot(ip);
      if (why !== undefined) return [invalid('spec.clusterIPs', asked, `failed to allocate IP ${ip}: ${why}`)];
    }
    const chosen = familiesOf(spec).map((family) => {
      const ip = asked.find((text) => parseIp(text)?.family === family) ?? this.#ips.findFree(family);
      if (ip === undefined) throw new Error('failed to allocate a serviceIP: range is full');
      return ip;
    });
    spec.clusterIP = chosen[0]!;
    spec.clusterIPs = chosen;
    return [];
  }

  #choosePorts(spec: ServiceSpec): FieldError[] {
    const errors: FieldError[] = [];
    const own = new Set<number>();
    const byPort = new Map<number, number>();
    if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') {
      for (const [index, port] of (spec.ports ?? []).entries()) {
        if (!port.nodePort) continue;
        const why = this.#ports.whyNot(port.nodePort);
        if (why !== undefined) errors.push(invalid(`spec.ports[${index}].nodePort`, port.nodePort, why));
        own.add(port.nodePort);
        byPort.set(port.port, port.nodePort);
      }
      if (errors.length > 0) return errors;
      if (spec.type === 'NodePort' || spec.allocateLoadBalancerNodePorts !== false) this.#fillPorts(spec, own, byPort);
    }
    if (spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local') this.#healthCheckPort(spec, own);
    return errors;
  }

  /** One node port serves the same port of two protocols (DNS over UDP and TCP). */
  #fillPorts(spec: ServiceSpec, own: Set<number>, byPort: Map<number, number>): void {
    const used = new Set((spec.ports ?? []).map(({ protocol, nodePort }) => `${protocol}/${nodePort}`));
    for (const port of spec.ports ?? []) {
      if (port.nodePort) continue;
      const shared = byPort.get(port.port);
      if (shared !== undefined && !used.has(`${port.protocol}/${shared}`)) port.nodePort = shared;
      else {
        const free = this.#ports.findFree(own);
        if (free === undefined) throw new Error('failed to allocate a nodePort: range is full');
        port.nodePort = free;
      }
      own.add(port.nodePort);
      byPort.set(port.port, port.nodePort);
      used.add(`${port.protocol}/${port.nodePort}`);
    }
  }

  #healthCheckPort(spec: ServiceSpec, own: ReadonlySet<number>): void {
    if (spec.healthCheckNodePort) {
      const why = own.has(spec.healthCheckNodePort)
        ? 'provided port is already allocated'
        : this.#ports.whyNot(spec.healthCheckNodePort);
      if (why === undefined) return;
      throw new Error(`failed to allocate requested HealthCheck NodePort ${spec.healthCheckNodePort}: ${why}`);
    }
    const free = this.#ports.findFree(own);
    if (free === undefined) throw new Error('failed to allocate a HealthCheck NodePort: range is full');
    spec.healthCheckNodePort = free;
  }
}

function holdingOf(spec: ServiceSpec | undefined): Holding {
  if (spec === undefined || spec.type === 'ExternalName') return { ips: [], ports: [] };
  const ips = (spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP])).filter((ip) => ip !== 'None');
  const ports = [...(spec.ports ?? []).map(({ nodePort }) => nodePort), spec.healthCheckNodePort];
  return { ips, ports: ports.filter((port) => port !== undefined && port !== 0) as number[] };
}
