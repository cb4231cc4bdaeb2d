/**
 * flannel's daemon on one node: an overlay for each IP family, told to the other nodes by annotations on the Node and kept
 * up with theirs. Watches Nodes; devices, entries and rules are the overlays'.
 */

import { CoalescingRunner } from '../../client/coalescing-runner.ts';
import { Informer } from '../../client/informer.ts';
import type { VxlanPeer } from '../../cni/vxlan.ts';
import type { Kernel, Netns } from '../../kernel/kernel.ts';
import { familyOf, type IpFamily } from '../../net/ip.ts';
import type { Component, Logger } from '../../objects/component.ts';
import { NODES } from '../../objects/resource.ts';
import { timestamp } from '../../objects/timestamp.ts';
import type { Transport } from '../../objects/transport.ts';
import type { Node } from '../../objects/wire.ts';
import { annotationsOf, peerOf, podCidrOf } from './annotations.ts';
import { Overlay } from './overlay.ts';
import { writeSubnetEnv } from './subnet-env.ts';

export interface FlannelAgentOptions {
  /** The Node's name. */
  readonly node: string;
  readonly netns: Netns;
  readonly kernel: Kernel;
  readonly transport: Transport;
  /** net-conf.json's Network and IPv6Network, all nodes' pods, and its VXLAN backend's VNI and Port. */
  readonly networks: readonly string[];
  readonly vxlan: { readonly vni: number; readonly port: number };
  /** The node's place on the underlay; an address of the family of each network. */
  readonly underlay: { readonly addresses: readonly string[]; readonly device: string; readonly mtu: number };
  /** Where subnet.env is written; not at all when absent. */
  readonly subnetEnvPath?: string;
  readonly log: Logger;
}

export class FlannelAgent implements Component {
  readonly name: string;
  readonly #options: FlannelAgentOptions;
  readonly #nodes: Informer<Node>;
  readonly #runner: CoalescingRunner;
  readonly #overlays: readonly Overlay[];
  /** Nodes already complained of. */
  readonly #refused = new Map<string, string>();

  constructor(options: FlannelAgentOptions) {
    this.name = `flannel on ${options.node}`;
    this.#options = options;
    this.#overlays = options.networks.map((network) => overlayOf(options, network));
    this.#nodes = new Informer(options.transport, NODES);
    this.#runner = new CoalescingRunner(
      () => this.#sync(),
      (error) => options.log.warn('flannel: sync failed, will try again', { node: options.node, error: String(error) }),
    );
    this.#nodes.onChange(() => void this.#runner.request());
  }

  async start(): Promise<void> {
    const podCidrs = await this.#podCidrs();
    await Promise.all([
      ...this.#overlays.flatMap((overlay, index) => [
        overlay.makeDevice(podCidrs[index]!),
        overlay.makeRules(podCidrs[index]!),
      ]),
      this.#writeSubnetEnv(podCidrs),
    ]);
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

  /** The node's own blocks, in the overlays' order. */
  async #podCidrs(): Promise<string[]> {
    const { transport, node: name } = this.#options;
    const node = await transport.get(NODES, { name });
    return this.#overlays.map(({ family }) => {
      const block = podCidrOf(node, family);
      if (block === undefined) throw new Error(`node "${name}" pod cidr not assigned${family === 6 ? ' (IPv6)' : ''}`);
      return block;
    });
  }

  async #writeSubnetEnv(podCidrs: readonly string[]): Promise<void> {
    const { subnetEnvPath, networks } = this.#options;
    if (subnetEnvPath === undefined) return;
    const mtu = Math.min(...this.#overlays.map((overlay) => overlay.mtu));
    const blocks = networks.map((network, index) => ({ network, podCidr: podCidrs[index]! }));
    await writeSubnetEnv(subnetEnvPath, { blocks, mtu });
  }

  /** Annotations for the other agents, and the condition that lets the scheduler use the node. */
  async #announce(): Promise<void> {
    const { transport, node, vxlan } = this.#options;
    const vteps = this.#overlays.map(({ announced }) => announced);
    const annotations = annotationsOf(vxlan.vni, vteps);
    await transport.patch(NODES, { name: node }, 'merge', { metadata: { annotations } });
    const now = timestamp();
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
    for (const overlay of this.#overlays) await overlay.sync(this.#peers(overlay.family));
  }

  #peers(family: IpFamily): VxlanPeer[] {
    return this.#nodes.list().flatMap((node) => {
      const name = node.metadata?.name ?? '';
      if (name === this.#options.node) return [];
      const peer = peerOf(node, family);
      if (peer instanceof Error) this.#complain(name, peer.message);
      return peer === undefined || peer instanceof Error ? [] : [peer];
    });
  }

  #complain(node: string, message: string): void {
    if (this.#refused.get(node) === message) return;
    this.#refused.set(node, message);
    this.#options.log.warn('flannel: passing over a node', { node, reason: message });
  }
}

function overlayOf({ node, kernel, netns, vxlan, underlay }: FlannelAgentOptions, network: string): Overlay {
  const { addresses, device, mtu } = underlay;
  const address = addresses.find((text) => familyOf(text) === familyOf(network));
  if (address === undefined) throw new RangeError(`flannel on ${node}: no underlay address for ${network}`);
  return new Overlay({ kernel, netns, vxlan, network, underlay: { address, device, mtu } });
}
