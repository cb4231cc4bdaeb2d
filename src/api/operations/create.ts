/** Create: metadata, defaults, strategy, validation, allocation, and then the store, in Kubernetes' order. */
import { randomUUID } from 'node:crypto';
import { hasReason } from '../../objects/transport.ts';
import type { ApiObject, ObjectMeta } from '../../objects/wire.ts';
import type { ApiCore, WriteRequest } from '../api-core.ts';
import type { FieldError } from '../field-error.ts';
import { type Claim, withClaims } from '../managed-fields/claims.ts';
import { trackUpdate } from '../managed-fields/track-update.ts';
import { trackingOf } from '../managed-fields/tracking.ts';
import type { RequestContext, ResourceDefinition } from '../resource-definition.ts';
import { alreadyExists, invalid, statusError } from '../status-error.ts';
import { StoredObject } from '../store/stored-object.ts';
import { syncCompanions } from './companions.ts';
import { generateName } from './generate-name.ts';
import { ensureNamespaceOpen } from './namespace-lifecycle.ts';
import { requestContext } from './request-context.ts';

const NAME_ATTEMPTS = 8;

/** Who makes what comes with an object in Kubernetes, if not the server itself. */
const CONTROLLERS = 'kube-controller-manager';

export interface CreateRequest extends WriteRequest {
  /** What an apply has settled; absent: the writer claims what it states. */
  readonly claims?: readonly Claim[];
}

/**
 * Stores a new object. `object` belongs to the operation from here on; its namespace is already the one asked for.
 * Throws NotFound or Forbidden (its namespace), Invalid, AlreadyExists.
 */
export function createObject(
  core: ApiCore,
  definition: ResourceDefinition,
  object: ApiObject,
  request: CreateRequest = {},
): StoredObject {
  const { strategy, type } = definition;
  if (object.metadata?.resourceVersion) {
    throw statusError(500, '', 'resourceVersion should not be set on objects to be created');
  }
  if (type.namespaced) ensureNamespaceOpen(core, definition, object);
  const context = requestContext(core, request);
  strategy.setDefaults?.(object);
  // Before the server adds what is its own (status, addresses): that is nobody's.
  const claims = request.claims ?? claimsOfWriter(definition, object, request, context.now);
  strategy.prepareForCreate?.(object, context);
  const metadata = newMetadata(object.metadata, context.now, (name) => isTaken(core, definition, object, name));
  const candidate: ApiObject = { ...object, metadata: withClaims(metadata, claims) };
  strategy.canonicalize?.(candidate);
  refuseInvalid(definition, candidate, strategy.settle?.(candidate, undefined));
  refuseInvalid(definition, candidate, [
    ...(strategy.validate?.(candidate, context) ?? []),
    ...(strategy.validateCreate?.(candidate, context) ?? []),
  ]);
  if (isTaken(core, definition, candidate, metadata.name ?? '')) throw alreadyExists(type, metadata.name ?? '');
  refuseInvalid(definition, candidate, strategy.allocate?.(candidate, undefined, context));
  if (context.dryRun) return new StoredObject(candidate, core.store.revision);
  try {
    return core.store.atomically(() => {
      const stored = core.store.put(type, candidate);
      createAlongside(core, definition, stored.object, context, request);
      syncCompanions(core, definition, undefined, stored.object);
      return stored;
    });
  } catch (error) {
    // It could not be kept (a full disk): nothing is stored, so nothing may stay taken.
    strategy.release?.(candidate);
    throw error;
  }
}

function claimsOfWriter(
  definition: ResourceDefinition,
  object: ApiObject,
  { fieldManager }: WriteRequest,
  now: string,
): readonly Claim[] {
  return fieldManager === undefined ? [] : trackUpdate(trackingOf(definition), undefined, object, fieldManager, now);
}

/** Throws Invalid when there is anything to complain of. */
function refuseInvalid({ type }: ResourceDefinition, object: ApiObject, errors: readonly FieldError[] = []): void {
  if (errors.length > 0) throw invalid(type, object.metadata?.name ?? '', errors);
}

function isTaken(core: ApiCore, { type }: ResourceDefinition, object: ApiObject, name: string): boolean {
  return core.store.collection(type).get(object.metadata?.namespace ?? '', name) !== undefined;
}

function newMetadata(given: ObjectMeta | undefined, now: string, isTaken: (name: string) => boolean): ObjectMeta {
  const {
    deletionTimestamp: _deletion,
    deletionGracePeriodSeconds: _grace,
    managedFields: _managed,
    selfLink: _self,
    ...kept
  } = given ?? {};
  return { ...kept, ...chosenName(kept, isTaken), uid: randomUUID(), creationTimestamp: now } as ObjectMeta;
}

function chosenName(given: Partial<ObjectMeta>, isTaken: (name: string) => boolean): { name?: string } {
  if (given.name || !given.generateName) return {};
  let name = generateName(given.generateName);
  for (let attempt = 1; attempt < NAME_ATTEMPTS && isTaken(name); attempt += 1) name = generateName(given.generateName);
  return { name };
}

/** Writes what comes with the object; what is there already stays. */
function createAlongside(
  core: ApiCore,
  { strategy }: ResourceDefinition,
  object: ApiObject,
  context: RequestContext,
  { fieldManager }: WriteRequest,
): void {
  for (const companion of strategy.afterCreate?.(object, context) ?? []) {
    const definition = core.definitions.byKind(companion.apiVersion ?? '', companion.kind ?? '');
    if (definition === undefined) throw new Error(`no definition of ${companion.apiVersion} ${companion.kind}`);
    try {
      createObject(core, definition, companion, fieldManager === undefined ? {} : { fieldManager: CONTROLLERS });
    } catch (error) {
      if (!hasReason(error, 'AlreadyExists')) throw error;
    }
  }
}
