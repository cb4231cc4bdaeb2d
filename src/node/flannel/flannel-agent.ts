/**
 * flannel's daemon on one node: makes flannel.1 and the masquerade rules, tells the other nodes of itself by
 * annotations on its Node, and keeps a route, an ARP and an FDB entry for each of theirs. Watches Nodes; everything
 * else is planned in cni/.
 */

import { CoalescingRunner } from '../../client/coalescing-runner.ts';
import { Informer } from '../../client/informer.ts';
import { observeMasquerade, planMasquerade } from '../../cni/masquerade.ts';
import {
  entriesFromKernel,
  linkFromKernel,
  READ_FDB,
  READ_LINK,
  READ_NEIGHBOURS,
  READ_ROUTES,
} from '../../cni/read-vxlan.ts';
import {
  entriesOf,
  planEntries,
  planVtep,
  planVtepRepair,
  type Vtep,
  VXLAN_OVERHEAD,
  type VxlanEntries,
  type VxlanPeer,
  vxlanDevice,
} from '../../cni/vxlan.ts';
import type { Kernel, Netns } from '../../kernel/kernel.ts';
import { KernelError } from '../../kernel/kernel-error.ts';
import { macOfName } from '../../net/mac.ts';
import type { Component, Logger } from '../../objects/component.ts';
import { NODES } from '../../objects/resource.ts';
import type { Transport } from '../../objects/transport.ts';
import type { Node } from '../../objects/wire.ts';
import { devicesOf } from '../sandbox-state.ts';
import { annotationsOf, peerOf } from './annotations.ts';
import { writeSubnetEnv } from './subnet-env.ts';

export interface FlannelAgentOptions {
  /** The Node's name. */
  readonly node: string;
  readonly netns: Netns;
  readonly kernel: Kernel;
  readonly transport: Transport;
  /** net-conf.json's Network, all nodes' pods, and its VXLAN backend's VNI and Port. */
  readonly network: string;
  readonly vxlan: { readonly vni: number; readonly port: number };
  /** The node's place on the underlay. */
  readonly underlay: { readonly address: string; readonly device: string; readonly mtu: number };
  /** Where subnet.env is written; not at all when absent. */
  readonly subnetEnvPath?: string;
  readonly log: Logger;
}

export class FlannelAgent implements Component {
  readonly name: string;
  readonly #options: FlannelAgentOptions;
  readonly #nodes: Informer<Node>;
  readonly #runner: CoalescingRunner;
  readonly #device: string;
  /** What the last sync left in the kernel; undefined: ask the kernel. */
  #entries: VxlanEntries | undefined;
  /** Nodes already complained of. */
  readonly #refused = new Map<string, string>();

  constructor(options: FlannelAgentOptions) {
    this.name = `flannel on ${options.node}`;
    this.#options = options;
    this.#device = vxlanDevice(options.vxlan.vni);
    this.#nodes = new Informer(options.transport, NODES);
    this.#runner = new CoalescingRunner(
      () => this.#sync(),
      (error) => options.log.warn('flannel: sync failed, will try again', { node: options.node, error: String(error) }),
    );
    this.#nodes.onChange(() => void this.#runner.request());
  }

  async start(): Promise<void> {
    const podCidr = await this.#podCidr();
    await Promise.all([this.#makeDevice(podCidr), this.#makeRules(podCidr), this.#writeSubnetEnv(podCidr)]);
    await this.#announce();
    await this.#nodes.start();
    await this.settled();
  }

  async stop(): Promise<void> {
    await this.#nodes.stop();
    await this.#runner.stop();
  }

  /** Resolves when the entries of every Node change seen so far are in the kernel. */
  settled(): Promise<void> {
    return this.#runner.settled();
  }

  async #podCidr(): Promise<string> {
    const { transport, node } = this.#options;
    const { spec } = await transport.get(NODES, { name: node });
    if (spec?.podCIDR === undefined || spec.podCIDR === '') throw new Error(`node "${node}" pod cidr not assigned`);
    return spec.podCIDR;
  }

  get #mac(): string {
    // A MAC that stays the same over restarts spares the other nodes a change.
    return macOfName(`${this.#options.netns} ${this.#device}`);
  }

  get #mtu(): number {
    return this.#options.underlay.mtu - VXLAN_OVERHEAD;
  }

  async #makeDevice(podCidr: string): Promise<void> {
    const { kernel, netns, vxlan, underlay } = this.#options;
    const { address: localAddress, device } = underlay;
    const vtep: Vtep = { ...vxlan, localAddress, device, mac: this.#mac, mtu: this.#mtu, podCidr };
    if (!devicesOf(kernel, netns).has(this.#device)) {
      this.#entries = entriesOf([]);
      await kernel.run(netns, planVtep(vtep));
      return;
    }
    // Of a former agent, or of anybody.
    await kernel.run(netns, planVtepRepair(vtep, linkFromKernel(await this.#ask(READ_LINK))));
  }

  async #makeRules(podCidr: string): Promise<void> {
    const { kernel, netns, network } = this.#options;
    const { stdout } = await kernel.read(netns, ['iptables-save']);
    await kernel.run(netns, [planMasquerade({ network, podCidr, family: 4 }, observeMasquerade(stdout))]);
  }

  async #writeSubnetEnv(podCidr: string): Promise<void> {
    const { subnetEnvPath, network } = this.#options;
    if (subnetEnvPath === undefined) return;
    await writeSubnetEnv(subnetEnvPath, { network, podCidr, mtu: this.#mtu });
  }

  /** Annotations for the other agents, and the condition that lets the scheduler use the node. */
  async #announce(): Promise<void> {
    const { transport, node, vxlan, underlay } = this.#options;
    const annotations = annotationsOf({ vni: vxlan.vni, mac: this.#mac, publicIp: underlay.address });
    await transport.patch(NODES, { name: node }, 'merge', { metadata: { annotations } });
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const condition = {
      type: 'NetworkUnavailable',
      status: 'False',
      reason: 'FlannelIsUp',
      message: 'Flannel is running on this node',
      lastHeartbeatTime: now,
      lastTransitionTime: now,
    };
    const patch = { status: { conditions: [condition] } };
    await transport.patch(NODES, { name: node }, 'strategic', patch, { subresource: 'status' });
  }

  async #sync(): Promise<void> {
    const { kernel, netns, vxlan } = this.#options;
    const desired = entriesOf(this.#peers());
    const previous = this.#entries ?? (await this.#read());
    // Half a run leaves what nobody knows: then the next one asks the kernel.
    this.#entries = undefined;
    await kernel.run(netns, planEntries(vxlan.vni, desired, previous));
    this.#entries = desired;
  }

  #peers(): VxlanPeer[] {
    return this.#nodes.list().flatMap((node) => {
      const name = node.metadata?.name ?? '';
      if (name === this.#options.node) return [];
      const peer = peerOf(node);
      if (peer instanceof Error) this.#complain(name, peer.message);
      return peer === undefined || peer instanceof Error ? [] : [peer];
    });
  }

  #complain(node: string, message: string): void {
    if (this.#refused.get(node) === message) return;
    this.#refused.set(node, message);
    this.#options.log.warn('flannel: passing over a node', { node, reason: message });
  }

  async #read(): Promise<VxlanEntries> {
    const texts = [READ_ROUTES, READ_NEIGHBOURS, READ_FDB].map((question) => this.#ask(question));
    const [routes = '', neighbours = '', fdb = ''] = await Promise.all(texts);
    return entriesFromKernel(routes, neighbours, fdb);
  }

  async #ask(question: (device: string) => readonly [string, ...string[]]): Promise<string> {
    const { kernel, netns } = this.#options;
    const argv = question(this.#device);
    const { stdout, stderr, exitCode } = await kernel.read(netns, argv);
    if (exitCode !== 0) throw new KernelError({ netns, tool: argv[0], line: argv.join(' '), stderr });
    return stdout;
  }
}
