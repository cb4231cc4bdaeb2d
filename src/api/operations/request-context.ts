/** What a strategy may look at while it handles one request. */
import type { ResourceType } from '../../objects/resource.ts';
import type { ApiObject } from '../../objects/wire.ts';
import type { ApiCore, WriteRequest } from '../api-core.ts';
import type { RequestContext } from '../resource-definition.ts';

/** A time as the API writes it: RFC 3339, whole seconds, UTC. */
export function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** The context of one request; reads go to the store as it is when they are made. */
export function requestContext(core: ApiCore, request: WriteRequest): RequestContext {
  return {
    now: formatTime(Date.now()),
    get<O extends ApiObject>(type: ResourceType<O>, namespace: string | undefined, name: string) {
      return core.store.collection(type).get(namespace ?? '', name)?.object as O | undefined;
    },
    list<O extends ApiObject>(type: ResourceType<O>, namespace?: string) {
      return core.store
        .collection(type)
        .entries(namespace)
        .map((entry) => entry.object as O);
    },
    warn: request.warn ?? (() => undefined),
    dryRun: request.dryRun === true,
  };
}
