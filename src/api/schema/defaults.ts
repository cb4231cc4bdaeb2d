/**
 * The one place the server calls for defaults. The published definitions declare none (Kubernetes sets its defaults in
 * code), so each kind's file in `kinds/` says its own.
 */
import type { ApiObject } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';

/** Fills in what the client left out, in place. Idempotent: runs on create, update and patch alike. */
export function applyDefaults<T extends ApiObject>(definition: ResourceDefinition<T>, object: T): void {
  definition.strategy.setDefaults?.(object);
}
