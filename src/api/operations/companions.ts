/** Objects the server itself keeps beside another: the IPAddresses of a Service come and go with its cluster IPs. */

import { randomUUID } from 'node:crypto';
import { timestamp } from '../../objects/timestamp.ts';
import type { ApiObject, ObjectMeta } from '../../objects/wire.ts';
import type { ApiCore } from '../api-core.ts';
import type { ResourceDefinition } from '../resource-definition.ts';

/** Writes what the object has come to need beside it, and removes what it no longer does. Undefined: it is not there. */
export function syncCompanions(
  core: ApiCore,
  { strategy }: ResourceDefinition,
  before: ApiObject | undefined,
  after: ApiObject | undefined,
): void {
  if (strategy.companions === undefined) return;
  const had = byKey(before === undefined ? [] : strategy.companions(before));
  const has = byKey(after === undefined ? [] : strategy.companions(after));
  for (const [key, companion] of had) if (!has.has(key)) remove(core, companion);
  for (const [key, companion] of has) if (!had.has(key)) write(core, companion);
}

function byKey(companions: readonly ApiObject[]): Map<string, ApiObject> {
  return new Map(
    companions.map((object) => [`${object.kind} ${object.metadata?.namespace}/${object.metadata?.name}`, object]),
  );
}

function stored(core: ApiCore, companion: ApiObject) {
  const definition = core.definitions.byKind(companion.apiVersion ?? '', companion.kind ?? '');
  if (definition === undefined) throw new Error(`no definition of ${companion.apiVersion} ${companion.kind}`);
  const { namespace = '', name = '' } = companion.metadata ?? {};
  return { type: definition.type, found: core.store.collection(definition.type).get(namespace, name)?.object };
}

/** One that somebody else has made already stays as it is. */
function write(core: ApiCore, companion: ApiObject): void {
  const { type, found } = stored(core, companion);
  if (found !== undefined) return;
  const born = { uid: randomUUID(), creationTimestamp: timestamp(), generation: 1 };
  core.store.put(type, { ...companion, metadata: { ...companion.metadata, ...born } as unknown as ObjectMeta });
}

function remove(core: ApiCore, companion: ApiObject): void {
  const { type, found } = stored(core, companion);
  if (found !== undefined) core.store.remove(type, found);
}
