/** `portforward`: the pod the query is for, and the ports it names. */

import type { Pod } from '../../../objects/wire.ts';
import type { ObjectRequest } from '../../http/resource-request.ts';
import type { PodRef } from '../../kubelet-connector.ts';
import { getObject } from '../../operations/read.ts';
import { badRequest } from '../../status-error.ts';

export interface ForwardTarget extends PodRef {
  readonly uid: string;
}

/** More than a message's first byte could tell apart are not forwarded over one WebSocket. */
const PORTS_LIMIT = 64;

/** Throws NotFound, and BadRequest for a pod without a node. */
export function forwardTarget({ core, definition, namespace, name }: ObjectRequest): ForwardTarget {
  const { spec, metadata } = getObject(core, definition, namespace, name).object as Pod;
  const node = spec?.nodeName ?? '';
  if (node === '') throw badRequest(`pod ${name} does not have a host assigned`);
  return { node, namespace, pod: name, uid: metadata?.uid ?? '' };
}

/** The ports of `ports=80,81&ports=82`. Throws BadRequest. */
export function wantedPorts(query: URLSearchParams): number[] {
  const ports = query.getAll('ports').flatMap((list) => list.split(','));
  if (ports.length === 0) throw badRequest('query parameter "ports" is required');
  if (ports.length > PORTS_LIMIT) throw badRequest(`at most ${PORTS_LIMIT} ports can be forwarded at once`);
  return ports.map((text) => {
    const port = parsePort(text);
    if (port === undefined) throw badRequest(`unable to parse ${JSON.stringify(text)} as a port`);
    return port;
  });
}

/** Undefined for what is no port number. */
export function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port > 0 && port < 65536 ? port : undefined;
}

/** A request that does not ask to upgrade the connection; what is wrong with its target is said first. */
export async function handleUnupgradedPortForward(request: ObjectRequest): Promise<void> {
  forwardTarget(request);
  throw badRequest('Upgrade request required');
}
