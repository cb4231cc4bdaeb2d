/** A request for a resource: what it is for, and what its handler needs. */
import type { ApiCore } from '../api-core.ts';
import type { Dial } from '../dial.ts';
import type { KubeletConnector } from '../kubelet-connector.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { methodNotAllowed } from '../status-error.ts';
import type { Exchange } from './exchange.ts';
import type { ResourcePath } from './request-path.ts';

export interface ResourceRequest {
  readonly core: ApiCore;
  readonly kubelets: KubeletConnector;
  readonly dial: Dial;
  readonly definition: ResourceDefinition;
  readonly path: ResourcePath;
  readonly exchange: Exchange;
}

export interface ObjectRequest extends ResourceRequest {
  /** Empty for cluster-wide objects. */
  readonly namespace: string;
  readonly name: string;
}

export type Handler<R extends ResourceRequest> = (request: R) => Promise<void>;

/** Calls the handler of the request's method. Throws 405. */
export async function byMethod<R extends ResourceRequest>(
  handlers: Readonly<Record<string, Handler<R>>>,
  request: R,
): Promise<void> {
  const { method } = request.exchange;
  const handler = handlers[method === 'HEAD' ? 'GET' : method];
  if (handler === undefined) throw methodNotAllowed();
  await handler(request);
}
