/**
 * What sets, chains and virtual servers do to the first packet of a connection. IPVS stands behind the filter rules of INPUT,
 * and behind nat in OUTPUT; what it sends on passes OUTPUT (again) and POSTROUTING with its new destination.
 */
import {
  type Flight,
  flow as iptablesFlow,
  isLocal,
  type NodeWorld,
  type Outcome,
  outcome,
  type Packet,
  type Step,
  traverse,
} from '../iptables/packet-flow.ts';
import type { IpvsModel } from './ipvs-model.ts';

/** All ways the packet may go, each with its chance. Schedulers are taken for fair. */
export function flow(model: IpvsModel, packet: Packet, plain: NodeWorld): Outcome[] {
  const sets = new Map(
    [...model.sets].map(([name, { options, entries }]) => [name, { type: options.split(' ')[0]!, entries }]),
  );
  const world = { ...plain, addresses: [...plain.addresses, ...(model.device ?? [])], sets };
  if (!isLocal(packet.destination, world)) return iptablesFlow(model.rules, packet, world);
  const start: Flight = { packet, world, mark: 0, dnat: undefined, isMasqueraded: false, chance: 1 };
  const through = (table: string, chain: string, flight: Flight) => traverse(model.rules, table, chain, flight);
  const pass = (steps: Step[], next: (flight: Flight) => Outcome[]) =>
    steps.flatMap(({ verdict, flight }) =>
      verdict === 'DROP' || verdict === 'REJECT' ? [outcome(flight, verdict)] : next(flight),
    );

  const sendOn = (flight: Flight) =>
    pass(through('filter', 'OUTPUT', flight), (sent) =>
      through('nat', 'POSTROUTING', sent).map((step) => outcome(step.flight, 'ACCEPT')),
    );
  const arrive = (flight: Flight, otherwise: (flight: Flight) => Outcome[]) => {
    const server = virtualServerFor(model, packet);
    if (server === undefined) return otherwise(flight);
    // The kernel answers with "port unreachable" when there is nobody to send to.
    if (server.reals.length === 0) return [outcome(flight, 'REJECT')];
    const stuck = server.reals.filter((real) => plain.recent?.get(`${server.id} ${real}`)?.has(packet.source));
    const chosen = server.isSticky && stuck.length > 0 ? stuck : server.reals;
    return chosen.flatMap((real) =>
      sendOn({ ...flight, dnat: real, via: server.id, chance: flight.chance / chosen.length }),
    );
  };
  const input = (flight: Flight) =>
    pass(through('filter', 'INPUT', flight), (accepted) => arrive(accepted, (kept) => [outcome(kept, 'ACCEPT')]));

  if (packet.device !== undefined) return through('nat', 'PREROUTING', start).flatMap(({ flight }) => input(flight));
  return through('nat', 'OUTPUT', start).flatMap(({ flight }) =>
    pass(through('filter', 'OUTPUT', flight), (sent) => arrive(sent, input)),
  );
}

function virtualServerFor(model: IpvsModel, { destination, port, protocol = 'tcp' }: Packet) {
  const address = destination.includes(':') ? `[${destination}]` : destination;
  const id = `${protocol.toUpperCase()} ${address}:${port}`;
  const server = model.servers.get(id);
  if (server === undefined) return undefined;
  const reals = [...server.reals].filter(([, { weight }]) => weight > 0).map(([real]) => real);
  return { id, reals, isSticky: / -p \d+/.test(server.settings) };
}
