/** What a plan must ask of the kernel besides what was written: addresses come and go by themselves, connections too. Pure. */
import type { ServicePortView } from '../../../objects/service-port-view.ts';
import type { Answers, Command, Desired } from '../backend.ts';
import { changedKeys } from './claims.ts';
import { NODE_ADDRESSES, nodeAddresses } from './observe.ts';
import { servingEndpoints } from './service-items.ts';
import type { IpvsState } from './state.ts';
import { parseConnections } from './virtual-server.ts';

const CONNECTIONS: Command = ['ipvsadm', '-Ln'];

/** The node's addresses, and the connections where a real server is to go. */
export function ipvsQuestions(desired: Desired, previous: IpvsState): readonly Command[] {
  return needsConnections(desired, previous) ? [NODE_ADDRESSES, CONNECTIONS] : [NODE_ADDRESSES];
}

/** The node's addresses as answered; undefined when they were not asked for. */
export function answeredAddresses(answers: Answers, { facts }: Desired): readonly string[] | undefined {
  const output = answers.get(NODE_ADDRESSES.join(' '));
  return output === undefined ? undefined : nodeAddresses(output, facts.family);
}

/** Open connections by `leavingKey`, as answered; empty when they were not asked for. */
export function answeredConnections(answers: Answers): ReadonlyMap<string, number> {
  return parseConnections(answers.get(CONNECTIONS.join(' ')) ?? '');
}

function needsConnections({ views, facts }: Desired, previous: IpvsState): boolean {
  if (previous.kind === 'observed') return previous.servers.size > 0;
  if (previous.leaving.size > 0) return true;
  const options = { facts, nodeAddresses: previous.options.nodeAddresses };
  return changedKeys(previous, { views, options }).some((key) =>
    losesEndpoint(previous.views.get(key), views.get(key)),
  );
}

/** True when a virtual server of the Service port, behind its own or another address, has an endpoint less. */
function losesEndpoint(before: ServicePortView | undefined, after: ServicePortView | undefined): boolean {
  if (before === undefined || after === undefined || after.name.protocol !== 'TCP') return false;
  return (['isInternalPolicyLocal', 'isExternalPolicyLocal'] as const).some((policy) => {
    const now = new Set(servingEndpoints(after, after[policy]).map(({ address }) => address));
    return servingEndpoints(before, before[policy]).some(({ address }) => !now.has(address));
  });
}
