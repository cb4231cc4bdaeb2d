/**
 * One family's part of flannel on one node: its VXLAN device, its masquerade rules, and an entry of each kind for every
 * peer. Who the peers are is the agent's to know; everything is planned in cni/.
 */
import { observeMasquerade, planMasquerade } from '../../cni/masquerade.ts';
import {
  entriesFromKernel,
  linkFromKernel,
  type Question,
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
  type VxlanEntries,
  type VxlanPeer,
  vxlanDevice,
  vxlanOverhead,
} from '../../cni/vxlan.ts';
import type { Kernel, Netns } from '../../kernel/kernel.ts';
import { KernelError } from '../../kernel/kernel-error.ts';
import { familyOf, type IpFamily } from '../../net/ip.ts';
import { macOfName } from '../../net/mac.ts';
import { devicesOf } from '../sandbox-state.ts';
import type { AnnouncedVtep } from './annotations.ts';

export interface OverlayOptions {
  readonly kernel: Kernel;
  readonly netns: Netns;
  readonly vxlan: { readonly vni: number; readonly port: number };
  /** All nodes' pods of the family. */
  readonly network: string;
  /** The node's place on the underlay. */
  readonly underlay: { readonly address: string; readonly device: string; readonly mtu: number };
}

export class Overlay {
  readonly family: IpFamily;
  readonly device: string;
  readonly #options: OverlayOptions;
  /** What the last sync left in the kernel; undefined: ask the kernel. */
  #entries: VxlanEntries | undefined;

  constructor(options: OverlayOptions) {
    this.family = familyOf(options.network);
    this.device = vxlanDevice(options.vxlan.vni, this.family);
    this.#options = options;
  }

  /** Of the packets within. */
  get mtu(): number {
    return this.#options.underlay.mtu - vxlanOverhead(this.family);
  }

  get announced(): AnnouncedVtep {
    return { family: this.family, mac: this.#mac, publicIp: this.#options.underlay.address };
  }

  get #mac(): string {
    // A MAC that stays the same over restarts spares the other nodes a change.
    return macOfName(`${this.#options.netns} ${this.device}`);
  }

  /** Makes the device, or sets right the one that stands. `podCidr`: the node's own block. */
  async makeDevice(podCidr: string): Promise<void> {
    const { kernel, netns, vxlan, underlay } = this.#options;
    const { address: localAddress, device } = underlay;
    const vtep: Vtep = { ...vxlan, localAddress, device, mac: this.#mac, mtu: this.mtu, podCidr };
    if (!devicesOf(kernel, netns).has(this.device)) {
      this.#entries = entriesOf([]);
      await kernel.run(netns, planVtep(vtep));
      return;
    }
    // Of a former agent, or of anybody.
    await kernel.run(netns, planVtepRepair(vtep, linkFromKernel(await this.#ask(READ_LINK))));
  }

  async makeRules(podCidr: string): Promise<void> {
    const { kernel, netns, network } = this.#options;
    const { family } = this;
    const { stdout } = await kernel.read(netns, [family === 6 ? 'ip6tables-save' : 'iptables-save']);
    await kernel.run(netns, [planMasquerade({ network, podCidr, family }, observeMasquerade(stdout))]);
  }

  /** One entry of each kind for every peer, and none else. */
  async sync(peers: readonly VxlanPeer[]): Promise<void> {
    const { kernel, netns } = this.#options;
    const desired = entriesOf(peers);
    const previous = this.#entries ?? (await this.#read());
    // Half a run leaves what nobody knows: then the next one asks the kernel.
    this.#entries = undefined;
    await kernel.run(netns, planEntries(this.device, desired, previous));
    this.#entries = desired;
  }

  async #read(): Promise<VxlanEntries> {
    const texts = [READ_ROUTES, READ_NEIGHBOURS, READ_FDB].map((question) => this.#ask(question));
    const [routes = '', neighbours = '', fdb = ''] = await Promise.all(texts);
    return entriesFromKernel(routes, neighbours, fdb);
  }

  async #ask(question: Question): Promise<string> {
    const { kernel, netns } = this.#options;
    const argv = question(this.device, this.family);
    const { stdout, stderr, exitCode } = await kernel.read(netns, argv);
    if (exitCode !== 0) throw new KernelError({ netns, tool: argv[0], line: argv.join(' '), stderr });
    return stdout;
  }
}
