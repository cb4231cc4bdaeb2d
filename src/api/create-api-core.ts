/** An API core of the real registry and semantics. */
import type { ApiCore } from './api-core.ts';
import { ServiceAccountTokens } from './auth/service-account-tokens.ts';
import { DefinitionIndex } from './definition-index.ts';
import { withSharedSets } from './managed-fields/claims.ts';
import { applyPatch } from './patch/index.ts';
import { createRegistry, type RegistryOptions } from './registry.ts';
import { type RestoredState, Store, type StoreOptions } from './store/store.ts';

/** What restored objects hold of shared ranges is taken again. */
export function createApiCore(registry: RegistryOptions, options: StoreOptions = {}): ApiCore {
  const restored = options.restored && { ...options.restored, objects: sharing(options.restored.objects) };
  const store = new Store(restored === undefined ? options : { ...options, restored });
  const { definitions } = createRegistry(registry);
  for (const { type, view } of definitions) if (view !== undefined) store.addView(type, view.of, view);
  const core = {
    store,
    serviceAccountTokens: new ServiceAccountTokens(
      (type, namespace, name) => store.collection(type).get(namespace, name)?.object,
      registry.serviceAccountKey,
    ),
    definitions: new DefinitionIndex(definitions),
    applyPatch,
  };
  for (const { type, strategy } of core.definitions.all) {
    if (strategy.restore === undefined) continue;
    for (const { object } of core.store.collection(type).entries()) strategy.restore(object);
  }
  return core;
}

function* sharing(objects: RestoredState['objects']): RestoredState['objects'] {
  for (const { resource, object } of objects) yield { resource, object: withSharedSets(object) };
}
