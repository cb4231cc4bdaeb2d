/** What a plan must ask of the kernel besides what was written: addresses come and go by themselves, connections too. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { ServicePortViews } from '../../../objects/service-port-view.ts';
import type { Answers, Command, Desired } from '../backend.ts';
import { changedKeys } from '../changed-keys.ts';
import { NODE_ADDRESSES, nodeAddresses } from './observe.ts';
import { type IpvsState, leavingParts, type RenderedState } from './state.ts';
import { connectionsCommand, parseConnections } from './virtual-server.ts';

/** Above so many virtual servers one listing of all is cheaper than one of each. */
const MOST_ONE_BY_ONE = 4;

/** Keys of views whose items may differ between two renderings. */
export function keysToCompare(
  before: Pick<RenderedState, 'views' | 'options'>,
  after: Pick<RenderedState, 'views' | 'options'>,
): readonly string[] {
  if (isDeepStrictEqual(before.options, after.options)) return changedKeys(before.views, after.views);
  return [...new Set([...before.views.keys(), ...after.views.keys()])];
}

/** The node's addresses where a Service has to do with them, and the connections of real servers that take no new ones. */
export function ipvsQuestions(desired: Desired, previous: IpvsState): readonly Command[] {
  const addresses = usesNodeAddresses(desired.views) ? [NODE_ADDRESSES] : [];
  return [...addresses, ...connectionQuestions(previous)];
}

/** The node's addresses as answered; undefined when they were not asked for. */
export function answeredAddresses(answers: Answers, { facts }: Desired): readonly string[] | undefined {
  const output = answers.get(NODE_ADDRESSES.join(' '));
  return output === undefined ? undefined : nodeAddresses(output, facts.family);
}

/** Open connections by `leavingKey`, as answered; empty when they were not asked for. */
export function answeredConnections(answers: Answers): ReadonlyMap<string, number> {
  const listings = [...answers].filter(([command]) => command !== NODE_ADDRESSES.join(' '));
  return new Map(listings.flatMap(([, listing]) => [...parseConnections(listing)]));
}

/** Node ports are served at the node's addresses; other addresses of a Service are bound unless they are the node's. */
function usesNodeAddresses(views: ServicePortViews): boolean {
  for (const { nodePort, externalIPs, loadBalancerVIPs } of views.values())
    if (nodePort !== undefined || externalIPs.length + loadBalancerVIPs.length > 0) return true;
  return false;
}

function connectionQuestions(previous: IpvsState): readonly Command[] {
  if (previous.kind === 'observed') return previous.servers.size > 0 ? [connectionsCommand()] : [];
  const ids = new Set([...previous.leaving].map((key) => leavingParts(key)[0]));
  if (ids.size > MOST_ONE_BY_ONE) return [connectionsCommand()];
  return [...ids].map(connectionsCommand);
}
