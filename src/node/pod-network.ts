/**
 * One node's pod network: sandboxes for pods, as the flannel, bridge and host-local plugins make them. Gives addresses,
 * has namespaces made, hands the bridge planner's batches to the kernel. What stands already is found in the kernel,
 * not in a file: after a restart the first call looks which of the lab's namespaces have an address of this node's
 * block, and what is asked for again is set right.
 */

import {
  POD_BRIDGE,
  type PodPort,
  type PodSubnet,
  type PodWiringPlan,
  planBridge,
  planBridgeRepair,
  planPods,
  planPodsGone,
  planPodsRepair,
} from '../cni/bridge.ts';
import { HostLocalPools } from '../cni/host-local.ts';
import type { Kernel, Netns } from '../kernel/kernel.ts';
import { podVethName } from '../net/interface-name.ts';
import { familyOf } from '../net/ip.ts';
import { podNetns } from './pod-netns.ts';
import type { PodIdentity, PodNetworkSeam, PodSandbox } from './pod-network-seam.ts';
import { devicesOf, sandboxAddresses } from './sandbox-state.ts';

export interface PodNetworkOptions extends PodSubnet {
  readonly kernel: Kernel;
  /** The lab's name: the first part of every namespace's. */
  readonly lab: string;
}

/** Pods wired at the same time: each costs a process or two, and more than the machine's cores gain nothing. */
const PARALLEL = 4;

interface Sandbox extends PodSandbox {
  /** Unknown for one that was found and not yet asked for. */
  readonly uid: string | undefined;
  /** Half a set-up that could not be taken back: its addresses are not free before it is removed. */
  readonly broken?: true;
}

export class PodNetwork implements PodNetworkSeam {
  readonly #options: PodNetworkOptions;
  readonly #pools: HostLocalPools;
  readonly #hasIpv6: boolean;
  readonly #sandboxes = new Map<Netns, Sandbox>();
  /** The veths found at start: tells whose a sandbox is, since their names come from uids. */
  #foundVeths: ReadonlySet<string> = new Set();
  #ready: Promise<void> | undefined;

  constructor(options: PodNetworkOptions) {
    this.#options = options;
    const podCidrs = options.blocks.map(({ podCidr }) => podCidr);
    this.#pools = new HostLocalPools(podCidrs);
    this.#hasIpv6 = podCidrs.some((podCidr) => familyOf(podCidr) === 6);
  }

  async attach(pods: readonly PodIdentity[]): Promise<ReadonlyMap<string, PodSandbox | Error>> {
    await this.#start();
    const answers = new Map<string, PodSandbox | Error>();
    const lost = await this.#mendFound(pods);
    const fresh: (PodIdentity & PodPort)[] = [];
    for (const pod of pods) {
      const netns = this.#netns(pod);
      const standing = this.#sandboxes.get(netns);
      if (standing?.uid === pod.uid && standing.broken !== true && !lost.has(netns)) {
        answers.set(pod.uid, { netns, ips: standing.ips, stood: true });
        continue;
      }
      try {
        // What another pod of that name, or half a set-up, has left is cleared away.
        await this.#remove([netns]);
        fresh.push({ ...pod, netns, veth: podVethName(pod.uid), addresses: this.#pools.allocate() });
      } catch (error) {
        answers.set(pod.uid, error as Error);
      }
    }
    for (const [uid, answer] of await this.#wireEach(fresh)) answers.set(uid, answer);
    return answers;
  }

  async detach(pods: readonly PodIdentity[]): Promise<void> {
    await this.#start();
    const leaving = pods
      .map((pod) => ({ pod, netns: this.#netns(pod) }))
      .filter(({ pod, netns }) => {
        const uid = this.#sandboxes.get(netns)?.uid;
        // A successor of the same name is another pod.
        return uid === undefined || uid === pod.uid;
      });
    await this.#remove(leaving.map(({ netns }) => netns));
  }

  /** Once: finds what stands, and makes the bridge if it does not. A failure is tried again by the next call. */
  #start(): Promise<void> {
    this.#ready ??= this.#recover().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  async #recover(): Promise<void> {
    const { kernel, netns, lab } = this.#options;
    for (const [sandbox, found] of await sandboxAddresses(kernel, lab)) {
      const ips = this.#pools.reserve(found);
      if (ips !== undefined) this.#sandboxes.set(sandbox, { uid: undefined, netns: sandbox, ips });
    }
    this.#foundVeths = devicesOf(kernel, netns);
    const hasBridge = this.#foundVeths.has(POD_BRIDGE);
    await kernel.run(netns, hasBridge ? planBridgeRepair(this.#options) : planBridge(this.#options));
  }

  /** Takes over the sandboxes of these pods that were found standing; returns those that cannot be set right. */
  async #mendFound(pods: readonly PodIdentity[]): Promise<ReadonlySet<Netns>> {
    const found: PodPort[] = [];
    for (const pod of pods) {
      const netns = this.#netns(pod);
      const veth = podVethName(pod.uid);
      const sandbox = this.#sandboxes.get(netns);
      if (sandbox === undefined || sandbox.uid !== undefined || !this.#foundVeths.has(veth)) continue;
      this.#sandboxes.set(netns, { ...sandbox, uid: pod.uid });
      found.push({ netns, veth, addresses: sandbox.ips });
    }
    const lost = new Set<Netns>();
    const mend = (ports: readonly PodPort[]) => this.#apply(planPodsRepair(this.#options, ports));
    if (found.length === 0) return lost;
    try {
      await mend(found);
    } catch {
      // One of them is at fault; the others shall not suffer for it.
      for (const port of found) await mend([port]).catch(() => lost.add(port.netns));
    }
    return lost;
  }

  /** All in a few commands; if one fails, one by one, so that only the pod at fault goes without. */
  async #wireEach(pods: readonly (PodIdentity & PodPort)[]): Promise<Map<string, PodSandbox | Error>> {
    const answers = new Map<string, PodSandbox | Error>();
    if (pods.length === 0) return answers;
    try {
      await this.#wire(pods);
      for (const { uid, netns, addresses: ips } of pods) {
        this.#sandboxes.set(netns, { uid, netns, ips });
        answers.set(uid, { netns, ips });
      }
      return answers;
    } catch (error) {
      const isUndone = await this.#unwire(pods);
      if (!isUndone || pods.length === 1) {
        for (const { uid } of pods) answers.set(uid, error as Error);
        return answers;
      }
    }
    for (const pod of pods) {
      const addresses = this.#pools.allocate();
      for (const [uid, answer] of await this.#wireEach([{ ...pod, addresses }])) answers.set(uid, answer);
    }
    return answers;
  }

  async #wire(pods: readonly PodPort[]): Promise<void> {
    const { kernel } = this.#options;
    await kernel.createNamespaces(
      pods.map((pod) => pod.netns),
      { ipv6: this.#hasIpv6 },
    );
    await this.#apply(planPods(this.#options, pods));
  }

  async #apply(plan: PodWiringPlan): Promise<void> {
    const { kernel, netns } = this.#options;
    await kernel.run(netns, plan.node);
    const queue = [...plan.pods];
    const work = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift())
        await kernel.run(next.netns, next.batches);
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
  }

  /**
   * Takes back a set-up that failed half-way; false when that fails, too: then the next call does. The veths go by name: a deleted
   * namespace lets go of its own only later.
   */
  async #unwire(pods: readonly (PodIdentity & PodPort)[]): Promise<boolean> {
    const { kernel, netns: node } = this.#options;
    for (const { uid, netns, addresses: ips } of pods) this.#sandboxes.set(netns, { uid, netns, ips, broken: true });
    try {
      const devices = devicesOf(kernel, node);
      const veths = pods.map(({ veth }) => veth).filter((veth) => devices.has(veth));
      await kernel.run(node, [{ tool: 'ip', ops: veths.map((name) => ({ op: 'link-delete', name })) }]);
      await this.#remove(pods.map(({ netns }) => netns));
      return true;
    } catch {
      return false;
    }
  }

  async #remove(names: readonly Netns[]): Promise<void> {
    const { kernel, netns } = this.#options;
    await kernel.deleteNamespaces(names);
    const gone = names.flatMap((name) => this.#sandboxes.get(name) ?? []).map(({ ips }) => ips);
    await kernel.run(netns, planPodsGone(this.#options, gone));
    for (const name of names) this.#sandboxes.delete(name);
    for (const ips of gone) this.#pools.release(ips);
  }

  #netns(pod: PodIdentity): Netns {
    return podNetns(this.#options.lab, pod.namespace, pod.name);
  }
}
