/**
 * The load balancer's rules in its own namespace: who may speak to a Service's address (for every protocol), and where the packets
 * of what HAProxy does not serve go: UDP, SCTP, and TCP where HAProxy is not installed. Pure: Services in, the text of
 * `iptables-restore` out. The namespace is the load balancer's alone, so the built-in chains are its own.
 */
import type { Batch } from '../kernel/kernel.ts';
import type { BalancedPort, BalancedService, Member } from './balanced-service.ts';

/** Whether a member takes traffic of this Service. */
export type MemberHealth = (service: BalancedService, member: Member) => boolean;

export interface PacketRulesOptions {
  /** Ports that are balanced packet by packet. */
  readonly isPacketwise: (port: BalancedPort) => boolean;
  readonly isUp: MemberHealth;
}

/** All rules, to be put in force at once, whatever there was before. */
export function packetRules(services: readonly BalancedService[], options: PacketRulesOptions): Batch {
  const sorted = [...services].sort((a, b) => (a.key < b.key ? -1 : 1));
  const dispatch = sorted.flatMap((service) =>
    service.ports.filter(options.isPacketwise).flatMap((port) => dispatchRules(service, port, options.isUp)),
  );
  const lines = [
    '*mangle',
    '-F PREROUTING',
    ...sorted.flatMap(firewallRules),
    'COMMIT',
    '*nat',
    '-F PREROUTING',
    '-F POSTROUTING',
    ...dispatch,
    // The answer has to come back here: a node would send it to the client directly, which knows no such connection.
    ...(dispatch.length === 0 ? [] : ['-A POSTROUTING -m conntrack --ctstate DNAT -j MASQUERADE']),
    'COMMIT',
  ];
  return { tool: 'iptables-restore', family: 4, text: `${lines.join('\n')}\n` };
}

/** Before any translation, since what HAProxy accepts and what is forwarded pass here alike. */
function firewallRules({ key, address, sourceRanges }: BalancedService): string[] {
  if (sourceRanges === undefined) return [];
  const comment = `-m comment --comment "${key} loadBalancerSourceRanges"`;
  return [
    ...sourceRanges.map((range) => `-A PREROUTING -d ${address}/32 -s ${range} ${comment} -j RETURN`),
    `-A PREROUTING -d ${address}/32 ${comment} -j DROP`,
  ];
}

function dispatchRules(service: BalancedService, port: BalancedPort, isUp: MemberHealth): string[] {
  const { key, address } = service;
  const protocol = port.protocol.toLowerCase();
  const named = port.name === '' ? key : `${key}:${port.name}`;
  const match = `-A PREROUTING -d ${address}/32 -p ${protocol} --dport ${port.port} -m comment --comment "${named}"`;
  const up = service.members.filter((member) => isUp(service, member));
  // As in HAProxy's configuration: when no node seems healthy, all are tried.
  const tried = up.length === 0 && service.healthCheckNodePort === undefined ? service.members : up;
  return tried.map((member, index) => {
    const left = tried.length - index;
    const chance = left === 1 ? '' : ` -m statistic --mode random --probability ${(1 / left).toFixed(10)}`;
    return `${match}${chance} -j DNAT --to-destination ${member.address}:${port.nodePort}`;
  });
}
