/**
 * Faults on a link, a veth pair: cut, a rate, the largest packet it carries, delay, loss, reordering. What stands at the two ends
 * stays as it is (addresses, routes, MTU): the fault is the wire's. Each direction has its own queue, at the end it leaves from. Pure.
 *
 * A cut takes the far end down (the switch's port): the near end loses its carrier and keeps its addresses and routes, so that
 * a heal brings back exactly what was. A packet limit is a tbf whose bucket is one packet: larger packets vanish without a word
 * (as on a switch with a smaller MTU), and so do segments still to be cut from a larger buffer (GSO), which the check of a
 * device's MTU lets pass.
 */
import type { Batch, Netns } from '../kernel/kernel.ts';
import type { PlacedBatches } from './placed-batches.ts';

export interface LinkEnd {
  readonly netns: Netns;
  readonly device: string;
}

export interface Link {
  /** The machine's or pod's own: `eth0`. */
  readonly near: LinkEnd;
  /** The port of the switch or bridge. */
  readonly far: LinkEnd;
}

export interface LinkFault {
  readonly cut?: boolean;
  /** Bits per second, each way. */
  readonly rate?: number;
  /** Bytes of the largest IP packet that passes. */
  readonly mtu?: number;
  /** Milliseconds, each way. */
  readonly delayMs?: number;
  readonly jitterMs?: number;
  /** Per cent of packets, each way. */
  readonly lossPercent?: number;
  /** Per cent of packets that overtake the delayed ones. */
  readonly reorderPercent?: number;
}

/** The rate of a link that only limits packets: no test of the lab gets near it. */
const UNLIMITED = 10_000_000_000;
const ETHERNET_HEADER = 14;
/** Without a packet limit, the bucket takes what a veth hands over at once, or a hundredth of a second. */
const LEAST_BURST = 65_536 + ETHERNET_HEADER;
/** What may wait for the rate; later packets are dropped. */
const QUEUE_MS = 50;

/** True when netem is needed, which not every kernel has. */
export function needsNetem({ delayMs, jitterMs, lossPercent, reorderPercent }: LinkFault): boolean {
  return [delayMs, jitterMs, lossPercent, reorderPercent].some((value) => value !== undefined && value > 0);
}

/** True when nothing is wrong with the link. */
export function isWhole(fault: LinkFault): boolean {
  return fault.cut !== true && fault.rate === undefined && fault.mtu === undefined && !needsNetem(fault);
}

/** Brings the fault about, whatever was there of one before; an empty fault heals. */
export function planLinkFault({ near, far }: Link, fault: LinkFault): PlacedBatches[] {
  const port: Batch = {
    tool: 'ip',
    ops: [{ op: 'link-set', name: far.device, ...(fault.cut === true ? { down: true } : { up: true }) }],
  };
  return [
    { netns: near.netns, batches: queueBatches(near.device, fault) },
    { netns: far.netns, batches: [...queueBatches(far.device, fault), port] },
  ];
}

function queueBatches(device: string, fault: LinkFault): Batch[] {
  const tc = (verb: 'add' | 'del', ...words: string[]): Batch => ({
    tool: 'command',
    argv: ['tc', 'qdisc', verb, 'dev', device, ...words],
    // There may be none to remove.
    ...(verb === 'del' ? { allowFailure: true } : {}),
  });
  const batches = [tc('del', 'root')];
  const netem = netemWords(fault);
  if (netem.length > 0) batches.push(tc('add', 'root', 'handle', '1:', 'netem', ...netem));
  const parent = netem.length > 0 ? ['parent', '1:1', 'handle', '10:'] : ['root', 'handle', '1:'];
  if (fault.rate !== undefined || fault.mtu !== undefined)
    batches.push(tc('add', ...parent, 'tbf', ...tbfWords(fault)));
  return batches;
}

function tbfWords({ rate = UNLIMITED, mtu }: LinkFault): string[] {
  const burst = mtu === undefined ? Math.max(LEAST_BURST, Math.ceil(rate / 8 / 100)) : mtu + ETHERNET_HEADER;
  const limit = Math.max(LEAST_BURST, Math.ceil((rate / 8) * (QUEUE_MS / 1000)));
  return ['rate', `${rate}bit`, 'burst', `${burst}b`, 'limit', `${limit}b`];
}

function netemWords(fault: LinkFault): string[] {
  if (!needsNetem(fault)) return [];
  const { delayMs = 0, jitterMs, lossPercent, reorderPercent } = fault;
  const words: string[] = [];
  if (delayMs > 0 || jitterMs !== undefined || reorderPercent !== undefined)
    words.push('delay', `${delayMs}ms`, ...(jitterMs === undefined ? [] : [`${jitterMs}ms`]));
  if (lossPercent !== undefined) words.push('loss', `${lossPercent}%`);
  if (reorderPercent !== undefined) words.push('reorder', `${reorderPercent}%`);
  return words;
}
