/** What a strategy may look at while it handles one request. */

import type { ResourceType } from '../../objects/resource.ts';
import { timestamp } from '../../objects/timestamp.ts';
import type { ApiObject } from '../../objects/wire.ts';
import type { ApiCore, WriteRequest } from '../api-core.ts';
import type { RequestContext } from '../resource-definition.ts';

/** The context of one request; reads go to the store as it is when they are made. */
export function requestContext(core: ApiCore, request: WriteRequest): RequestContext {
  return {
    now: timestamp(),
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
