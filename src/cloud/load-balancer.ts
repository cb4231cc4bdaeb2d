/**
 * The load balancer itself, in a namespace of its own on the underlay: gives it the Services' addresses, the rules, HAProxy's
 * configuration, and checks the health of what HAProxy does not serve. Told what is wanted, it brings the kernel there; who gets
 * which address is the controller's affair. Nothing is made before the first Service.
 */
import type { Haproxy } from '../haproxy/haproxy.ts';
import type { Batch, Kernel, Netns } from '../kernel/kernel.ts';
import type { IpOp } from '../kernel/ops.ts';
import type { Logger } from '../objects/component.ts';
import { isOurs } from './address-pool.ts';
import type { BalancedPort, BalancedService, Member } from './balanced-service.ts';
import { haproxyConfiguration, KUBE_PROXY_HEALTHZ_PORT } from './haproxy-config.ts';
import { type CheckTarget, HealthChecks } from './health-checks.ts';
import { packetRules } from './packet-rules.ts';

export interface LoadBalancerOptions {
  readonly kernel: Pick<Kernel, 'run' | 'read' | 'sockets'>;
  /** Its own namespace, and its address on the underlay. */
  readonly netns: Netns;
  readonly address: string;
  /** The namespace of the gateway, which has to know the way to the addresses. */
  readonly gateway: Netns;
  /** The blocks the addresses are of. */
  readonly blocks: readonly string[];
  /** Absent where HAProxy is not installed: then the kernel balances TCP too. */
  readonly haproxy?: Haproxy;
  readonly log: Logger;
}

export class LoadBalancer {
  readonly #options: LoadBalancerOptions;
  readonly #checks: HealthChecks;
  /** Addresses on its loopback; undefined until they have been read. */
  #addresses: ReadonlySet<string> | undefined;
  #rules = '';
  #services: readonly BalancedService[] = [];
  #turn: Promise<void> = Promise.resolve();

  constructor(options: LoadBalancerOptions) {
    this.#options = options;
    const { kernel, netns, log } = options;
    this.#checks = new HealthChecks({
      connect: ({ address, port }) => kernel.sockets.connect(netns, { host: address, port }),
      onChange: ({ address, port }, isUp, afterMs) => {
        log.info(`member ${address}:${port} is ${isUp ? 'up' : 'down'}`, { afterMs });
        void this.#inTurn(() => this.#writeRules()).catch((error: unknown) => {
          log.error('the rules could not be changed', { error: String(error) });
        });
      },
    });
  }

  /** Balances these Services and no others; resolves when their addresses answer. */
  balance(services: readonly BalancedService[]): Promise<void> {
    return this.#inTurn(() => this.#balance(services));
  }

  /** Stops checking. HAProxy and rules stay. */
  async stop(): Promise<void> {
    this.#checks.watch([]);
    await this.#inTurn(async () => this.#checks.watch([]));
  }

  #inTurn(action: () => Promise<void>): Promise<void> {
    const run = this.#turn.then(action);
    this.#turn = run.catch(() => undefined);
    return run;
  }

  async #balance(services: readonly BalancedService[]): Promise<void> {
    const { kernel, netns, haproxy } = this.#options;
    const held = this.#addresses ?? (await this.#prepare());
    const wanted = new Set(services.map(({ address }) => address));
    const added = [...wanted].filter((address) => !held.has(address));
    const gone = [...held].filter((address) => !wanted.has(address));
    await kernel.run(netns, addressBatch('address-replace', added));
    this.#addresses = new Set([...held, ...added]);
    this.#services = services;
    const packetwise = services.filter(({ ports }) => ports.some((port) => this.#isPacketwise(port)));
    this.#checks.watch(packetwise.flatMap((service) => service.members.map((member) => targetOf(service, member))));
    await this.#writeRules();
    const configuration = haproxyConfiguration(services);
    if (configuration === undefined) await haproxy?.stop();
    else await haproxy?.configure(configuration);
    await kernel.run(netns, addressBatch('address-delete', gone));
    this.#addresses = wanted;
  }

  /** Makes the way to the addresses; resolves with those that stand already, from before a daemon's death. */
  async #prepare(): Promise<Set<string>> {
    const { kernel, netns, gateway, address, blocks } = this.#options;
    const routing: Batch = {
      tool: 'sysctl',
      values: {
        'net.ipv4.ip_forward': 1,
        'net.ipv4.conf.all.rp_filter': 0,
        'net.ipv4.conf.eth0.rp_filter': 0,
        // Clients and members are on one link: a redirect would take the place of a refusal (ICMP is limited per peer).
        'net.ipv4.conf.all.send_redirects': 0,
        'net.ipv4.conf.eth0.send_redirects': 0,
      },
    };
    // An address nobody has is refused here: sent back to the gateway it would go round in circles.
    const unreachable = blocks.map((block): Batch => {
      return { tool: 'command', argv: ['ip', 'route', 'replace', 'unreachable', block] };
    });
    await kernel.run(netns, [routing, ...unreachable]);
    const ways = blocks.map(
      (destination): IpOp => ({ op: 'route-replace', destination, via: address, device: 'eth0' }),
    );
    await kernel.run(gateway, [{ tool: 'ip', ops: ways }]);
    const { stdout } = await kernel.read(netns, ['ip', '-4', '-o', 'address', 'show', 'dev', 'lo']);
    const standing = [...stdout.matchAll(/ inet ([\d.]+)/g)].map(([, found]) => found!);
    return new Set(standing.filter((found) => isOurs(blocks, found)));
  }

  async #writeRules(): Promise<void> {
    const rules = packetRules(this.#services, {
      isPacketwise: (port) => this.#isPacketwise(port),
      isUp: (service, member) => this.#checks.isUp(targetOf(service, member)),
    });
    const text = rules.tool === 'iptables-restore' ? rules.text : '';
    if (text === this.#rules) return;
    const { kernel, netns } = this.#options;
    await kernel.run(netns, [rules]);
    this.#rules = text;
    // A UDP client keeps its port, and so its flow: it would never leave a member that is down.
    const flows = this.#downMembers().map(({ address }): Batch => {
      return { tool: 'command', argv: ['conntrack', '-D', '-p', 'udp', '--reply-src', address], allowFailure: true };
    });
    await kernel.run(netns, flows);
  }

  #downMembers(): Member[] {
    const members = this.#services
      .filter(({ ports }) => ports.some(({ protocol }) => protocol === 'UDP'))
      .flatMap((service) => service.members.filter((member) => !this.#checks.isUp(targetOf(service, member))));
    return [...new Map(members.map((member) => [member.address, member])).values()];
  }

  #isPacketwise({ protocol }: BalancedPort): boolean {
    return protocol !== 'TCP' || this.#options.haproxy === undefined;
  }
}

/** Where a member is asked: whether it has endpoints of its own, or whether its kube-proxy is in good health. */
function targetOf({ healthCheckNodePort }: BalancedService, { address }: Member): CheckTarget {
  return { address, port: healthCheckNodePort ?? KUBE_PROXY_HEALTHZ_PORT };
}

function addressBatch(op: 'address-replace' | 'address-delete', addresses: readonly string[]): Batch[] {
  if (addresses.length === 0) return [];
  return [{ tool: 'ip', ops: addresses.map((address): IpOp => ({ op, cidr: `${address}/32`, device: 'lo' })) }];
}
