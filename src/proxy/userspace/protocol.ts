/** What a kube-proxy and the relay process say to each other. Every request has an answer with its number. */
import type { Netns } from '../../kernel/kernel.ts';
import type { IpFamily } from '../../net/ip.ts';
import type { RelaySpec } from '../backends/userspace/relays.ts';

/** The relays of one node and family. */
export interface RelayGroup {
  readonly netns: Netns;
  readonly family: IpFamily;
}

export type ToRelays =
  /** Opens relays; those that are open get the endpoints of their spec. Answers with the ports of all named. */
  | { readonly op: 'open'; readonly id: number; readonly group: RelayGroup; readonly relays: readonly RelaySpec[] }
  /** Closes those that nothing leads to any more: the named ones, or all but them. */
  | {
      readonly op: 'close' | 'keep';
      readonly id: number;
      readonly group: RelayGroup;
      readonly keys: readonly string[];
    };

export type FromRelays =
  | { readonly id: number; readonly ports: Readonly<Record<string, number>> }
  | { readonly id: number; readonly error: string };
