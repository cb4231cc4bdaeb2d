/** An API core of the real registry and semantics. */
import type { ApiCore } from './api-core.ts';
import { DefinitionIndex } from './definition-index.ts';
import { applyPatch } from './patch/index.ts';
import { createRegistry, type RegistryOptions } from './registry.ts';
import { Store, type StoreOptions } from './store/store.ts';

export function createApiCore(registry: RegistryOptions, store: StoreOptions = {}): ApiCore {
  return {
    store: new Store(store),
    definitions: new DefinitionIndex(createRegistry(registry).definitions),
    applyPatch,
  };
}
