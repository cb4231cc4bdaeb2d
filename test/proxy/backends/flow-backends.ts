/** Each backend as the tables of packet flows see it: what it makes of a packet, from its own rendered text. */
import type { Desired } from '../../../src/proxy/backends/backend.ts';
import { planIptables } from '../../../src/proxy/backends/iptables/plan.ts';
import { observeSave } from '../../../src/proxy/backends/iptables/state.ts';
import { tableOf } from '../../../src/proxy/backends/nftables/names.ts';
import { planNftables } from '../../../src/proxy/backends/nftables/plan.ts';
import { NOTHING } from '../../../src/proxy/backends/nftables/state.ts';
import { relaysOf } from '../../../src/proxy/backends/userspace/relays.ts';
import { flow as iptablesFlow, type NodeWorld, type Outcome, type Packet } from './iptables/packet-flow.ts';
import { RuleModel } from './iptables/rule-model.ts';
import { IpvsModel } from './ipvs/ipvs-model.ts';
import { flow as ipvsFlow } from './ipvs/packet-flow.ts';
import { sync } from './ipvs/syncs.ts';
import { flow as nftablesFlow } from './nftables/packet-flow.ts';
import { TableModel } from './nftables/table-model.ts';
import { Ports, synced as userspaceRules } from './userspace/rules-under-test.ts';

export interface FlowBackend {
  readonly mode: 'iptables' | 'ipvs' | 'nftables';
  flow(desired: Desired, packet: Packet, world: NodeWorld): Outcome[];
  /** Where it remembers clients that stick to `ns1/svc1:p80` at 10.244.2.2:80. */
  readonly affinityOfThere: string;
}

/** Where a packet ends: at endpoints, unchanged where it was sent, dropped, or with nobody (`nobody`). Sorted. */
export type Ends = readonly string[];

/** What backends with rules make of a packet, without chances and sources. */
export function endsOf(outcomes: readonly Outcome[]): Ends {
  const end = ({ verdict, destination }: Outcome) =>
    verdict === 'ACCEPT' ? destination : verdict === 'REJECT' ? 'nobody' : verdict;
  return [...new Set(outcomes.map(end))].sort();
}

/** The same of mode userspace: its rules lead to a relay, which gives connections to its endpoints in turn, or closes them. */
export function userspaceEnds(wanted: Desired, packet: Packet, world: NodeWorld): Ends {
  const ports = new Ports();
  const model = userspaceRules({ ...wanted, relayPorts: ports.for(wanted.views) });
  const relays = new Map([...wanted.views.values()].flatMap(relaysOf).map((relay) => [relay.key, relay]));
  const ends = iptablesFlow(model, packet, world).flatMap((outcome) => {
    const relay = relays.get(ports.keyOf(Number(/^192\.168\.1\.11:(\d+)$/.exec(outcome.destination)?.[1])) ?? '');
    if (outcome.verdict !== 'ACCEPT' || relay === undefined) return endsOf([outcome]);
    return relay.endpoints.length === 0 ? ['nobody'] : relay.endpoints.map(({ ip, port }) => `${ip}:${port}`);
  });
  return [...new Set(ends)].sort();
}

export const FLOW_BACKENDS: readonly FlowBackend[] = [
  {
    mode: 'iptables',
    affinityOfThere: 'KUBE-SEP-GLTHT7HZASE4OEF2',
    flow(desired, packet, world) {
      const model = new RuleModel();
      for (const batch of planIptables(desired, observeSave('')).batches)
        if (batch.tool === 'iptables-restore') model.restore(batch.text);
      return iptablesFlow(model, packet, world);
    },
  },
  {
    mode: 'ipvs',
    affinityOfThere: 'TCP 172.30.0.41:80 10.244.2.2:80',
    flow({ views, facts }, packet, world) {
      const model = new IpvsModel(world.addresses);
      sync(model, views, undefined, facts);
      return ipvsFlow(model, packet, world);
    },
  },
  {
    mode: 'nftables',
    affinityOfThere: 'affinity-6HWZCSN5-ns1/svc1/tcp/p80__10.244.2.2/80',
    flow(desired, packet, world) {
      const model = new TableModel();
      for (const batch of planNftables(desired, NOTHING).batches) if (batch.tool === 'nft') model.apply(batch.text);
      return nftablesFlow(model.table(tableOf(desired.facts.family)), packet, world);
    },
  },
];
