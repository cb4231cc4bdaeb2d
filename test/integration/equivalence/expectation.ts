/**
 * What a question must meet in one backend: what all must show, or a backend's own way. Two ways are userspace's in every
 * situation; the others stand beside the question they are about.
 */
import type { IpFamily } from '../../../src/net/ip.ts';
import type { Places } from './places.ts';
import {
  type Ask,
  asksOver,
  type Backend,
  type Exception,
  isSctp,
  type Observation,
  type Situation,
  type Target,
} from './situation.ts';

export interface Expectation {
  readonly expect: Observation;
  /** Set where the backend's own way is expected. */
  readonly exception?: Exception;
}

/** Where a situation is played: over which family, in which mode every kube-proxy is. */
export interface Cell {
  readonly situation: Situation;
  readonly family: IpFamily;
  readonly mode: Backend;
  readonly places: Pick<Places, 'nodeOf'>;
}

/** What is expected of each question, act by act. */
export function expectedOf(cell: Cell): Observation[][] {
  const { situation, family } = cell;
  return situation.acts.map((act) => asksOver(act, family).map((ask) => expectationOf(ask, cell).expect));
}

/** What is expected of one question. */
export function expectationOf(ask: Ask, { situation, family, mode, places }: Cell): Expectation {
  const own = ask.unlike?.[mode];
  const isOwn = own !== undefined && (own.family ?? family) === family;
  const exception = isOwn ? own : mode === 'userspace' ? throughRelay(ask, places, situation) : undefined;
  return exception === undefined ? { expect: ask.expect } : { expect: exception.expect, exception };
}

const SOURCE = 'kubernetes v1.25 pkg/proxy/userspace/proxysocket.go';

/** True when rules lead there: not for a port that no Service has, nor on the loopback address of IPv6. */
function isTaken(to: Target): boolean {
  return !('port' in to && typeof to.port === 'number') && !('on' in to && to.on === 'loopback');
}

/** The relay of a node takes every connection and makes one of its own. */
function throughRelay(ask: Ask, places: Pick<Places, 'nodeOf'>, situation: Situation): Exception | undefined {
  const { from, to, expect } = ask;
  if (isSctp(situation))
    return {
      expect: 'nodePort' in to ? 'refused' : 'silence',
      why: 'there is no relay for SCTP',
      source: SOURCE,
    };
  if (expect === 'refused' && isTaken(to))
    return { expect: 'closed', why: 'the relay accepts before it chooses an endpoint', source: SOURCE };
  const entry = 'nodePort' in to ? to.nodePort : places.nodeOf(from);
  // The client has routes to cluster IPs by way of node-1.
  const node = entry ?? (from === 'client' ? (situation.vip?.via ?? 'node-1') : from);
  const relayed = expect.replaceAll(/<\S+/g, `<${node}`);
  if (relayed === expect) return undefined;
  return { expect: relayed, why: 'the relay connects to the pod, so that it is the source', source: SOURCE };
}
