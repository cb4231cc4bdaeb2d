/** What the userspace backend knows of the kernel's rules: what it last wrote, or what `iptables-save` shows. */
import type { ServicePortViews } from '../../../objects/service-port-view.ts';
import type { ProxyFacts } from '../backend.ts';
import { CHAINS, JUMPS, type PortalJump } from './chain-names.ts';
import type { RelayPorts } from './relays.ts';
import { udpPorts } from './relays.ts';

export interface RenderedState {
  readonly kind: 'rendered';
  readonly views: ServicePortViews;
  readonly facts: ProxyFacts;
  readonly relayPorts: RelayPorts;
}

export interface ObservedState {
  readonly kind: 'observed';
  /** Those of our chains that stand, per table. */
  readonly chains: Readonly<Record<'nat' | 'filter', ReadonlySet<string>>>;
  /** Those of them that hold a rule. */
  readonly filled: ReadonlySet<string>;
  /** Those of our jumps that stand. */
  readonly jumps: ReadonlySet<PortalJump>;
  /** Ports that rules for UDP lead to. */
  readonly udpPorts: readonly number[];
}

export type UserspaceState = RenderedState | ObservedState;

/** Reads `iptables-save` (all tables). */
export function observeSave(save: string): ObservedState {
  const chains = { nat: new Set<string>(), filter: new Set<string>() };
  const filled = new Set<string>();
  const jumps = new Set<PortalJump>();
  const ports = new Set<number>();
  let table: 'nat' | 'filter' | undefined;
  for (const line of save.split('\n')) {
    if (line.startsWith('*')) {
      const name = line.slice(1).trim();
      table = name === 'nat' || name === 'filter' ? name : undefined;
    }
    if (table === undefined) continue;
    const [, declared = ''] = /^:(\S+) - /.exec(line) ?? [];
    if (CHAINS[table].includes(declared)) chains[table].add(declared);
    const [, chain = '', rule = ''] = /^-A (\S+) (.+)$/.exec(line) ?? [];
    const jump = JUMPS.find((each) => each.table === table && each.from === chain && each.rule === rule);
    if (jump !== undefined) jumps.add(jump);
    if (CHAINS[table].includes(chain)) filled.add(chain);
    const target = CHAINS[table].includes(chain)
      ? / -p udp .*(?:--to-ports |--to-destination \S+:)(\d+)/.exec(line)
      : null;
    if (target !== null) ports.add(Number(target[1]));
  }
  return { kind: 'observed', chains, filled, jumps, udpPorts: [...ports] };
}

/** Ports of relays for UDP. */
export function udpPortsOf(state: UserspaceState): readonly number[] {
  return state.kind === 'observed' ? state.udpPorts : udpPorts(state.views, state.relayPorts);
}

/** A rendered state as `iptables-save` would show it. */
export function expectedOf({ views, relayPorts }: RenderedState): ObservedState {
  return {
    kind: 'observed',
    chains: { nat: new Set(CHAINS.nat), filter: new Set(CHAINS.filter) },
    filled: new Set([...CHAINS.nat, ...CHAINS.filter]),
    jumps: new Set(JUMPS),
    udpPorts: udpPorts(views, relayPorts),
  };
}
