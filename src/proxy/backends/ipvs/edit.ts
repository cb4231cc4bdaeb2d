/**
 * The difference between what stands and what shall stand, as lines of each tool. A real server that is to go first gets weight 0, and
 * goes when it is seen to have no connections (kube-proxy's graceful termination, pkg/proxy/ipvs/graceful_termination.go). One
 * removed at once, since it had none a moment ago, would cut those that have come since. Pure.
 */
import type { IpFamily } from '../../../net/ip.ts';
import { kernelName, type SetName } from './names.ts';
import { type Item, itemId } from './service-items.ts';
import { leavingKey } from './state.ts';
import {
  additionLine,
  deletionLine,
  differsInSettings,
  editLine,
  partsOf,
  realServerDeletionLine,
  realServerLine,
  type VirtualServer,
} from './virtual-server.ts';

/** Lines of `ipset restore`. */
export interface EntryLines {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

export interface Edit {
  /** Of sets that say how a Service is served. */
  readonly entries: EntryLines;
  /** Of sets that let packets to it in at all. */
  readonly admissions: EntryLines;
  /** Lines of `ipvsadm -R`: what is new or changed, and what goes. */
  readonly servers: { readonly write: readonly string[]; readonly remove: readonly string[] };
  /** Addresses for kube-ipvs0, and those that leave it. */
  readonly bind: readonly string[];
  readonly unbind: readonly string[];
  /** Real servers that now wait for the end of their connections, as `leavingKey`. */
  readonly leaving: readonly string[];
  readonly addRules: readonly string[];
  readonly dropRules: readonly string[];
  /** By how much the number of entries of a set changes. */
  readonly growth: ReadonlyMap<SetName, number>;
}

export interface Comparison {
  readonly family: IpFamily;
  /** Ids of the items to compare. */
  readonly ids: Iterable<string>;
  /** A virtual server comes with all its real servers, those that are leaving among them. */
  before(id: string): Item | undefined;
  after(id: string): Item | undefined;
  /** Open connections of a real server (`leavingKey`); undefined: not known. */
  connections(key: string): number | undefined;
}

const ADMITTING: ReadonlySet<SetName> = new Set<SetName>([
  'KUBE-CLUSTER-IP',
  'KUBE-EXTERNAL-IP',
  'KUBE-EXTERNAL-IP-LOCAL',
  'KUBE-LOAD-BALANCER',
]);
const FIREWALLED: SetName = 'KUBE-LOAD-BALANCER-FW';

/** The edit that takes `before` to `after`, item by item. */
export function editOf({ family, ids, before, after, connections }: Comparison): Edit {
  const entries = { add: [] as string[], remove: [] as string[] };
  const admissions = { add: [] as string[], remove: [] as string[] };
  const servers: ServerLines = { write: [], remove: [], leaving: [] };
  const addresses = { add: [] as string[], remove: [] as string[] };
  const rules = { add: [] as string[], remove: [] as string[] };
  const growth = new Map<SetName, number>();
  const firewalled: string[] = [];
  for (const id of ids) {
    const [old, now] = [before(id), after(id)];
    const item = now ?? old;
    if (item === undefined) continue;
    if (item.kind === 'server') {
      compareServers(serverOf(old), serverOf(now), connections, servers);
      continue;
    }
    if ((old === undefined) === (now === undefined)) continue;
    const side = now === undefined ? 'remove' : 'add';
    if (item.kind === 'address') addresses[side].push(item.ip);
    else if (item.kind === 'rule') rules[side].push(item.rule);
    else {
      growth.set(item.set, (growth.get(item.set) ?? 0) + (side === 'add' ? 1 : -1));
      // One that somebody gave options is written over by its own.
      const [plain = '', ...options] = item.entry.split(' ');
      if (options.length > 0 && after(itemId({ ...item, entry: plain })) !== undefined) continue;
      const lines = ADMITTING.has(item.set) ? admissions : entries;
      const line = `${side === 'add' ? 'add' : 'del'} ${kernelName(item.set, family)} ${item.entry} -exist`;
      // A balancer's sources are known before others are held off, and until they no longer are.
      if (item.set === FIREWALLED && side === 'remove') lines[side].unshift(line);
      else if (item.set === FIREWALLED) firewalled.push(line);
      else lines[side].push(line);
    }
  }
  return {
    entries: { add: [...entries.add, ...firewalled], remove: entries.remove },
    admissions,
    servers,
    bind: addresses.add,
    unbind: addresses.remove,
    leaving: servers.leaving,
    addRules: rules.add,
    dropRules: rules.remove,
    growth,
  };
}

interface ServerLines {
  readonly write: string[];
  readonly remove: string[];
  readonly leaving: string[];
}

function serverOf(item: Item | undefined): VirtualServer | undefined {
  return item?.kind === 'server' ? item.server : undefined;
}

function compareServers(
  before: VirtualServer | undefined,
  after: VirtualServer | undefined,
  connections: Comparison['connections'],
  lines: ServerLines,
): void {
  if (after === undefined) {
    if (before !== undefined) lines.remove.push(deletionLine(before.id));
    return;
  }
  const { id } = after;
  if (before === undefined) lines.write.push(additionLine(after));
  else if (differsInSettings(before, after)) lines.write.push(editLine(after));
  for (const [real, weight] of after.realServers) {
    const standing = before?.realServers.get(real);
    if (standing === undefined) lines.write.push(realServerLine('-a', id, real, weight));
    else if (standing !== weight || before?.foreign?.has(real))
      lines.write.push(realServerLine('-e', id, real, weight));
  }
  for (const [real, weight] of before?.realServers ?? []) {
    if (after.realServers.has(real)) continue;
    const key = leavingKey(id, real);
    if (!endsGracefully(id) || (weight === 0 && connections(key) === 0)) {
      lines.remove.push(realServerDeletionLine(id, real));
      continue;
    }
    if (weight !== 0) lines.write.push(realServerLine('-e', id, real, 0));
    lines.leaving.push(key);
  }
}

/** A connection over UDP or SCTP is not waited for (kube-proxy's IsRsGracefulTerminationNeeded). */
function endsGracefully(id: string): boolean {
  return partsOf(id).protocol === 'TCP';
}
