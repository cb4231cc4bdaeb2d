/**
 * How mode userspace gives way to another without losing an answer. A relay for TCP goes on with what it has accepted; but the answer of
 * one for UDP finds back by conntrack alone, whose entries must go in the end, or a client that keeps its port would ask the relay for
 * ever. So they stay until what was asked has been answered. Pure.
 */
import type { Departure } from '../backend.ts';
import { udpFlowListing, unansweredFlows } from '../unanswered-flows.ts';
import { planFlowRemoval, planRetirement } from './plan.ts';
import { type UserspaceState, udpPortsOf } from './state.ts';

export const userspaceDeparture: Departure<UserspaceState> = {
  prepare: () => [],
  stay: () => [],
  retire: planRetirement,
  underWay: {
    commands: (family) => [udpFlowListing(family)],
    read([flows = ''], { retired }) {
      const ports = new Set(udpPortsOf(retired));
      const asked = unansweredFlows(flows).filter(({ answeringPort }) => ports.has(answeringPort));
      return new Map(asked.map(({ source, destination }) => [`${source} ${destination}`, 1]));
    },
  },
  settle: ({ retired, underWay, facts }) => (underWay.size > 0 ? [] : planFlowRemoval(retired, facts.family)),
};
