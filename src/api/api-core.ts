/** What every operation works with: the store, the definitions, and the semantics that schemas give. */
import type { ApiObject } from '../objects/wire.ts';
import type { ServiceAccountTokens } from './auth/service-account-tokens.ts';
import type { DefinitionIndex } from './definition-index.ts';
import type { Store } from './store/store.ts';

export type PatchType = 'json' | 'merge' | 'strategic';

export interface ApiCore {
  readonly store: Store;
  readonly definitions: DefinitionIndex;
  readonly serviceAccountTokens: ServiceAccountTokens;
  /** The patched object; the given one stays as it is. Throws an ApiError when the patch cannot be applied. */
  readonly applyPatch: (type: PatchType, object: ApiObject, patch: unknown, schema: string) => ApiObject;
}

/** How a write is to be done. */
export interface WriteRequest {
  readonly dryRun?: boolean;
  /** In whose name fields are claimed; absent: the write is not tracked, the claims stay as they are. */
  readonly fieldManager?: string;
  /** Takes the texts of `Warning:` headers. */
  readonly warn?: (message: string) => void;
}
