/**
 * Keeps a Node alive in the API: its status (at once, then every five minutes) and its Lease (four times in its life). A
 * beat that fails is repeated soon, so that a node whose link is mended is heard of at once.
 */

import { LEASES, NODES } from '../objects/resource.ts';
import { timestamp } from '../objects/timestamp.ts';
import { hasReason, type Transport } from '../objects/transport.ts';
import type { Node } from '../objects/wire.ts';
import { type MachineFacts, nodeStatus } from './node-status.ts';

const LEASE_NAMESPACE = 'kube-node-lease';
/** Beats in a Lease's life, as the kubelet has it. */
const BEATS_PER_LEASE = 4;
const RETRY_MS = 1_000;
const STATUS_MS = 300_000;

export interface HeartbeatOptions {
  readonly node: string;
  readonly nodeIps: readonly string[];
  readonly maxPods: number;
  readonly leaseSeconds: number;
  readonly transport: Transport;
  readonly facts: MachineFacts;
  readonly onError: (error: unknown) => void;
}

export class NodeHeartbeat {
  readonly #options: HeartbeatOptions;
  #timer: NodeJS.Timeout | undefined;
  #statusAt = 0;
  #stopped = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Writes the status, so that the node is Ready; then goes on by itself. */
  async start(): Promise<void> {
    await this.#writeStatus();
    void this.#beat();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #beat(): Promise<void> {
    const periodMs = (this.#options.leaseSeconds * 1000) / BEATS_PER_LEASE;
    let waitMs = periodMs;
    try {
      await this.#renewLease();
      if (Date.now() - this.#statusAt >= STATUS_MS || (await this.#isNotReady())) await this.#writeStatus();
    } catch (error) {
      this.#options.onError(error);
      waitMs = Math.min(RETRY_MS, periodMs);
    }
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#beat(), waitMs);
    this.#timer.unref();
  }

  /** The node controller has written the node off while it was cut; it is back. */
  async #isNotReady(): Promise<boolean> {
    const { transport, node } = this.#options;
    const { status } = await transport.get(NODES, { name: node });
    return status?.conditions?.find(({ type }) => type === 'Ready')?.status !== 'True';
  }

  async #writeStatus(): Promise<void> {
    const { transport, node, nodeIps, maxPods, facts } = this.#options;
    const object = await transport.get(NODES, { name: node });
    const now = timestamp();
    const status = nodeStatus(object, facts, { nodeIps, maxPods, now });
    await transport.patch(NODES, { name: node }, 'strategic', statusPatch(status), { subresource: 'status' });
    this.#statusAt = Date.now();
  }

  async #renewLease(): Promise<void> {
    const { transport, node, leaseSeconds } = this.#options;
    const key = { namespace: LEASE_NAMESPACE, name: node };
    const renewTime = new Date().toISOString().replace('Z', '000Z');
    try {
      await transport.patch(LEASES, key, 'merge', { spec: { renewTime } });
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
      const { metadata } = await transport.get(NODES, { name: node });
      await transport.create(LEASES, {
        metadata: {
          ...key,
          ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: node, uid: metadata?.uid ?? '' }],
        },
        spec: { holderIdentity: node, leaseDurationSeconds: leaseSeconds, renewTime },
      });
    }
  }
}

/**
 * Addresses are merged by their type, and a node of two families has two of type InternalIP: they go as a whole (as in
 * the kubelet: component-helpers' node/util/status.go).
 */
function statusPatch(status: NonNullable<Node['status']>): object {
  return { status: { ...status, addresses: [...(status.addresses ?? []), { $patch: 'replace' }] } };
}
