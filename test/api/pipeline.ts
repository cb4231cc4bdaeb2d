/** Runs an object through what the server does before it stores it, without a server. */
import { DefinitionIndex } from '../../src/api/definition-index.ts';
import { createRegistry } from '../../src/api/registry.ts';
import type { RequestContext, ResourceDefinition } from '../../src/api/resource-definition.ts';
import { decode } from '../../src/api/schema/decode.ts';
import { applyDefaults } from '../../src/api/schema/defaults.ts';
import type { ResourceType } from '../../src/objects/resource.ts';
import type { ApiObject } from '../../src/objects/wire.ts';

export const NOW = '2026-01-02T03:04:05Z';

/** The account of every pod; its token, whose volume has a name of chance, is another test's. */
const ACCOUNT = { metadata: { name: 'default' }, automountServiceAccountToken: false };

const context: RequestContext = {
  now: NOW,
  get: <O extends ApiObject>(type: ResourceType<O>) =>
    type.kind === 'ServiceAccount' ? (ACCOUNT as unknown as O) : undefined,
  list: () => [],
  warn: () => undefined,
  dryRun: false,
};

export interface Draft {
  apiVersion?: string;
  kind?: string;
  metadata?: object;
  [member: string]: unknown;
}

/** One server's registry, and create, update and delete on it. */
export class Pipeline {
  readonly definitions: DefinitionIndex;

  constructor(serviceCIDRs: readonly string[] = ['10.96.0.0/12']) {
    const { definitions } = createRegistry({ serviceCIDRs, certificateAuthority: 'PEM' });
    this.definitions = new DefinitionIndex(definitions);
  }

  of(object: Draft): ResourceDefinition {
    const found = this.definitions.byKind(object.apiVersion ?? 'v1', object.kind ?? '');
    if (found === undefined) throw new Error(`no ${object.apiVersion} ${object.kind}`);
    return found;
  }

  /** The object as it would be stored, and why not (`field: message`). */
  create<T>(draft: Draft): { object: T; errors: string[] } {
    const definition = this.of(draft);
    const object = structuredClone(draft) as ApiObject;
    decode(definition.schema, object as Record<string, unknown>);
    const { strategy } = definition;
    applyDefaults(definition, object);
    strategy.prepareForCreate?.(object, context);
    const errors = [...(strategy.settle?.(object, undefined) ?? [])];
    if (errors.length === 0) {
      errors.push(...(strategy.validate?.(object, context) ?? []));
      errors.push(...(strategy.validateCreate?.(object, context) ?? []));
    }
    if (errors.length === 0) errors.push(...(strategy.allocate?.(object, undefined, context) ?? []));
    return { object: object as T, errors: errors.map(({ field, message }) => `${field}: ${message}`) };
  }

  update<T>(previous: Draft, draft: Draft): { object: T; errors: string[] } {
    const definition = this.of(draft);
    const object = structuredClone(draft) as ApiObject;
    decode(definition.schema, object as Record<string, unknown>);
    const { strategy } = definition;
    applyDefaults(definition, object);
    strategy.prepareForUpdate?.(object, previous as ApiObject, context);
    const errors = [...(strategy.settle?.(object, previous as ApiObject) ?? [])];
    if (errors.length === 0) {
      errors.push(...(strategy.validate?.(object, context) ?? []));
      errors.push(...(strategy.validateUpdate?.(object, previous as ApiObject, context) ?? []));
    }
    if (errors.length === 0) errors.push(...(strategy.allocate?.(object, previous as ApiObject, context) ?? []));
    return { object: object as T, errors: errors.map(({ field, message }) => `${field}: ${message}`) };
  }

  delete(object: Draft): void {
    this.of(object).strategy.release?.(object as ApiObject);
  }
}
