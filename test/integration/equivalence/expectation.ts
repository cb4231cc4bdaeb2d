/**
 * What a question must meet in one backend: what all must show, or a backend's own way. Two ways are userspace's in every
 * situation; the others stand beside the question they are about.
 */
import type { Places } from './places.ts';
import type { Ask, Backend, Exception, NodeName, Observation, Situation } from './situation.ts';

export interface Expectation {
  readonly expect: Observation;
  /** Set where the backend's own way is expected. */
  readonly exception?: Exception;
}

/** What is expected of `mode`. */
export function expectationOf(
  ask: Ask,
  mode: Backend,
  places: Pick<Places, 'nodeOf'>,
  { vip }: Pick<Situation, 'vip'>,
): Expectation {
  const exception = ask.unlike?.[mode] ?? (mode === 'userspace' ? throughRelay(ask, places, vip?.via) : undefined);
  return exception === undefined ? { expect: ask.expect } : { expect: exception.expect, exception };
}

const SOURCE = 'kubernetes v1.25 pkg/proxy/userspace/proxysocket.go';

/** The relay of a node takes every connection and makes one of its own. */
function throughRelay(ask: Ask, places: Pick<Places, 'nodeOf'>, vipVia: NodeName | undefined): Exception | undefined {
  const { from, to, expect } = ask;
  if (expect === 'refused' && !('port' in to && typeof to.port === 'number'))
    return { expect: 'closed', why: 'the relay accepts before it chooses an endpoint', source: SOURCE };
  const entry = 'nodePort' in to ? to.nodePort : places.nodeOf(from);
  // The client has routes to cluster IPs by way of node-1.
  const node = entry ?? (from === 'client' ? (vipVia ?? 'node-1') : from);
  const relayed = expect.replaceAll(/<\S+/g, `<${node}`);
  if (relayed === expect) return undefined;
  return { expect: relayed, why: 'the relay connects to the pod, so that it is the source', source: SOURCE };
}
