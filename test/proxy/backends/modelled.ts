/**
 * Every backend before a model of the kernel, step by step: a step is what the kernel does at once (a transaction of iptables or
 * nft, a line of ipset or ipvsadm). Between two steps a sync may be interrupted, and packets pass.
 */
import type { Batch } from '../../../src/kernel/kernel.ts';
import type { ProxyMode } from '../../../src/objects/proxy-mode.ts';
import type { ServicePortViews } from '../../../src/objects/service-port-view.ts';
import { iptablesBackend } from '../../../src/proxy/backends/iptables/backend.ts';
import { planIptables } from '../../../src/proxy/backends/iptables/plan.ts';
import { type IptablesState, observeSave } from '../../../src/proxy/backends/iptables/state.ts';
import { ipvsBackend } from '../../../src/proxy/backends/ipvs/backend.ts';
import type { IpvsState } from '../../../src/proxy/backends/ipvs/state.ts';
import { nftablesBackend } from '../../../src/proxy/backends/nftables/backend.ts';
import { observeTable } from '../../../src/proxy/backends/nftables/listing.ts';
import { planNftables } from '../../../src/proxy/backends/nftables/plan.ts';
import type { NftablesState } from '../../../src/proxy/backends/nftables/state.ts';
import { userspaceBackend } from '../../../src/proxy/backends/userspace/backend.ts';
import { planUserspace } from '../../../src/proxy/backends/userspace/plan.ts';
import { observeSave as observePortals, type UserspaceState } from '../../../src/proxy/backends/userspace/state.ts';
import { desired } from '../fixtures.ts';
import { flow as iptablesFlow, type NodeWorld, type Outcome, type Packet } from './iptables/packet-flow.ts';
import { RuleModel, saveOf } from './iptables/rule-model.ts';
import { IpvsModel } from './ipvs/ipvs-model.ts';
import { flow as ipvsFlow } from './ipvs/packet-flow.ts';
import { planOn } from './ipvs/syncs.ts';
import { flow as nftablesFlow } from './nftables/packet-flow.ts';
import { desired as nftablesDesired } from './nftables/plans.ts';
import { TableModel } from './nftables/table-model.ts';
import { Ports } from './userspace/rules-under-test.ts';

export const WORLD: NodeWorld = { addresses: ['192.168.1.11'] };

/** A kernel, and what a kube-proxy in one mode knows of it. */
export interface Modelled {
  /** What the sync of these views does, one step after the other; after the last the backend knows what stands. */
  steps(views: ServicePortViews): (() => void)[];
  /** A step has failed, or somebody has written: the next sync begins with a look. */
  forget(): void;
  /** Takes away what stands, as `iptables -t nat -F`, `nft flush table` or `ipvsadm --clear` do. */
  flush(): void;
  /** Takes away one rule, element or entry of a backend's, the one of this number, as somebody may by hand; false for none. */
  loseOne(which: number): boolean;
  /** Puts another rule, weight, entry or address in the place of the one of this number; false for none. */
  changeOne(which: number): boolean;
  /** In what the backend finds the kernel to differ from what it wrote. */
  differences(): string[];
  flow(packet: Packet): Outcome[];
  /** All that stands, in an order of its own. */
  dump(): string;
}

/** A backend's own: what a sync runs, step by step, from what is known of the kernel (undefined: it looks first). */
interface Backend<S> extends Omit<Modelled, 'steps' | 'forget' | 'differences'> {
  sync(views: ServicePortViews, known: S | undefined): { readonly steps: readonly (() => void)[]; readonly state: S };
  differences(state: S): string[];
}

/** Remembers what stands from one whole sync to the next. */
function modelled<S>({ sync, differences, ...model }: Backend<S>): Modelled {
  let known: S | undefined;
  return {
    ...model,
    steps(views) {
      const { steps, state } = sync(views, known);
      known = undefined;
      return [
        ...steps,
        () => {
          known = state;
        },
      ];
    },
    forget: () => {
      known = undefined;
    },
    differences: () => differences(known!),
  };
}

/** Where the order of rules is of no account. */
const DISPATCH = ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES', 'KUBE-NODEPORTS', 'KUBE-PROXY-FIREWALL'];
const PORTALS = [
  ...['KUBE-PORTALS-CONTAINER', 'KUBE-PORTALS-HOST', 'KUBE-PORTALS-FIREWALL'],
  ...['KUBE-NODEPORT-CONTAINER', 'KUBE-NODEPORT-HOST', 'KUBE-NODEPORT-NON-LOCAL'],
];

function transactionsOf(batch: Batch): string[] {
  if (batch.tool !== 'iptables-restore') return [];
  return batch.text.split(/(?<=^COMMIT\n)/m).filter((text) => text !== '');
}

/** One after the other. */
function restores(model: RuleModel, batches: readonly Batch[]): (() => void)[] {
  return batches.flatMap(transactionsOf).map((text) => () => model.restore(text));
}

function linesOf(batch: Batch): Batch[] {
  if (batch.tool === 'ipset' || batch.tool === 'ipvsadm')
    return batch.text.split(/(?<=\n)/).map((text) => ({ tool: batch.tool, text }));
  if (batch.tool === 'ip') return batch.ops.map((op) => ({ tool: 'ip', ops: [op] }));
  return transactionsOf(batch).map((text) => ({ tool: 'iptables-restore', family: 4, text }));
}

/** The rule of that number, of those in chains that match. */
function ruleOf(model: RuleModel, which: number, chain: RegExp) {
  const rules = [...model.tables].flatMap(([table, chains]) =>
    [...chains].flatMap(([name, texts]) =>
      chain.test(name) ? texts.map((rule, index) => ({ table, name, texts, rule, index })) : [],
    ),
  );
  return rules[which % Math.max(1, rules.length)];
}

function deleteRule(model: RuleModel, which: number, chain: RegExp): boolean {
  const found = ruleOf(model, which, chain);
  if (found === undefined) return false;
  model.restore(`*${found.table}\n-D ${found.name} ${found.rule}\nCOMMIT\n`);
  return true;
}

/** As `iptables -R`: the rule is for one source alone. */
function replaceRule(model: RuleModel, which: number, chain: RegExp): boolean {
  const found = ruleOf(model, which, chain);
  if (found === undefined) return false;
  found.texts[found.index] = `-s 203.0.113.9/32 ${found.rule}`;
  return true;
}

/** Empties the chains of nat that match. */
function flushNat(model: RuleModel, chain: RegExp): void {
  const names = [...model.tables.get('nat')!.keys()].filter((name) => chain.test(name));
  model.restore(`*nat\n${names.map((name) => `:${name} - [0:0]\n`).join('')}COMMIT\n`);
}

function iptables(): Modelled {
  const model = new RuleModel();
  return modelled<IptablesState>({
    sync(views, known = observeSave(saveOf(model))) {
      const { batches, state } = planIptables(desired(views), known);
      return { steps: restores(model, batches), state };
    },
    flush: () => flushNat(model, /^KUBE-/),
    loseOne: (which) => deleteRule(model, which, /^KUBE-(?!FIREWALL)|^PREROUTING$/),
    changeOne: (which) => replaceRule(model, which, /^KUBE-(?!FIREWALL)/),
    differences: (state) => [...iptablesBackend.differences(state, [saveOf(model)], 4)],
    flow: (packet) => iptablesFlow(model, packet, WORLD),
    dump: () => model.dump(DISPATCH),
  });
}

function userspace(): Modelled {
  const model = new RuleModel();
  const ports = new Ports();
  return modelled<UserspaceState>({
    sync(views, known = observePortals(saveOf(model))) {
      const wanted = { ...desired(views), relayPorts: ports.for(views) };
      const { batches, state } = planUserspace(wanted, known);
      return { steps: restores(model, batches), state };
    },
    flush: () => flushNat(model, /^KUBE-/),
    loseOne: (which) => deleteRule(model, which, /^KUBE-|^PREROUTING$/),
    changeOne: (which) => replaceRule(model, which, /^KUBE-/),
    differences: (state) => [...userspaceBackend.differences(state, [saveOf(model)], 4)],
    flow: (packet) =>
      iptablesFlow(model, packet, WORLD).map((outcome) => {
        // A relay is the same whatever its port: models of one end count them by their own history.
        const relay = ports.keyOf(Number(/^192\.168\.1\.11:(\d+)$/.exec(outcome.destination)?.[1]));
        return relay === undefined ? outcome : { ...outcome, destination: `relay ${relay}` };
      }),
    dump: () =>
      model
        .dump(PORTALS)
        .replace(
          /(--to-ports |--to-destination 192\.168\.1\.11:|--dport )(4\d{4})\b/g,
          (_, words: string, port: string) => `${words}${ports.keyOf(Number(port)) ?? port}`,
        )
        .split('\n')
        .reduce<string[][]>((chains, line) => {
          if (line.startsWith('  ')) chains.at(-1)!.push(line);
          else chains.push([line]);
          return chains;
        }, [])
        .flatMap(([chain, ...rules]) => [
          chain,
          ...(PORTALS.some((name) => chain!.endsWith(name)) ? rules.sort() : rules),
        ])
        .join('\n'),
  });
}

function nftables(): Modelled {
  const model = new TableModel();
  return modelled<NftablesState>({
    sync(views, known = observeTable(model.listing())) {
      const { batches, state } = planNftables(nftablesDesired(views), known);
      return { steps: batches.map((batch) => () => model.apply(batch.tool === 'nft' ? batch.text : '')), state };
    },
    flush: () => {
      const table = model.tables.get('ip kube-proxy');
      if (table !== undefined)
        model.apply([...table.chains.keys()].map((name) => `flush chain ip kube-proxy ${name}\n`).join(''));
    },
    loseOne(which) {
      const { chains, sets } = model.table();
      const losses = [
        ...[...chains.values()].flatMap(({ rules }) => rules.map((_, index) => () => rules.splice(index, 1))),
        ...[...sets.values()].flatMap(({ elements }) => [...elements.keys()].map((key) => () => elements.delete(key))),
      ];
      losses[which % losses.length]?.();
      return losses.length > 0;
    },
    changeOne(which) {
      const { chains, sets } = model.table();
      const changes = [
        ...[...chains.values()].flatMap(({ rules }) =>
          rules.map((rule, index) => () => {
            rules[index] = `ip saddr 203.0.113.9 ${rule}`;
          }),
        ),
        ...[...sets.values()].flatMap(({ elements }) =>
          [...elements.keys()].map((key) => () => elements.set(key, { verdict: 'drop', comment: 'changed' })),
        ),
      ];
      changes[which % changes.length]?.();
      return changes.length > 0;
    },
    differences: (state) => [...nftablesBackend.differences(state, [model.listing()], 4)],
    flow(packet) {
      const table = model.tables.get('ip kube-proxy');
      const untouched = `${packet.destination}:${packet.port}`;
      if (table === undefined) return [{ verdict: 'ACCEPT', destination: untouched, isMasqueraded: false, chance: 1 }];
      return nftablesFlow(table, packet, WORLD);
    },
    dump: () => model.dump(),
  });
}

function ipvs(): Modelled {
  const model = new IpvsModel(WORLD.addresses);
  return modelled<IpvsState>({
    sync(views, known) {
      const { batches, state } = planOn(model, desired(views), known);
      return { steps: batches.flatMap(linesOf).map((batch) => () => model.run([batch])), state };
    },
    flush: () => model.servers.clear(),
    loseOne(which) {
      const losses = [
        ...[...model.servers.keys()].map((id) => () => model.servers.delete(id)),
        ...[...model.servers.values()].flatMap(({ reals }) =>
          [...reals.keys()].map((real) => () => reals.delete(real)),
        ),
        ...[...model.sets.values()].flatMap(({ entries }) => [...entries].map((entry) => () => entries.delete(entry))),
        ...[...(model.device ?? [])].map((ip) => () => model.device!.delete(ip)),
        () => deleteRule(model.rules, which, /^KUBE-|^PREROUTING$/),
      ];
      losses[which % losses.length]!();
      return true;
    },
    changeOne(which) {
      const swap = (set: Set<string>, old: string, now: string) => () => {
        set.delete(old);
        set.add(now);
      };
      const changes = [
        ...[...model.servers.values()].flatMap((server) => [
          () => {
            server.settings = '-s lc';
          },
          () => {
            server.settings += ' -o';
          },
          ...[...server.reals.values()].map((real) => () => {
            real.weight = 7;
          }),
        ]),
        ...[...model.sets.values()].flatMap(({ entries }) => [...entries].map((entry) => swap(entries, entry, '9'))),
        ...[...(model.device ?? [])].map((ip) => swap(model.device!, ip, '203.0.113.9')),
        () => replaceRule(model.rules, which, /^KUBE-/),
      ];
      changes[which % changes.length]!();
      return true;
    },
    differences: (state) => [...ipvsBackend.differences(state, model.listings(), 4)],
    flow: (packet) => ipvsFlow(model, packet, WORLD),
    dump: () => model.dump(),
  });
}

export const MODELLED: Readonly<Record<ProxyMode, () => Modelled>> = { iptables, ipvs, nftables, userspace };
