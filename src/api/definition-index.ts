/** Finds resource definitions by how they are addressed: by type, by path, by kind. */
import { apiVersionOf, type ResourceType } from '../objects/resource.ts';
import type { ResourceDefinition } from './resource-definition.ts';

export class DefinitionIndex {
  readonly all: readonly ResourceDefinition[];
  readonly #byResource = new Map<string, ResourceDefinition>();
  readonly #byKind = new Map<string, ResourceDefinition>();

  constructor(definitions: readonly ResourceDefinition[]) {
    this.all = definitions;
    for (const definition of definitions) {
      const apiVersion = apiVersionOf(definition.type);
      this.#byResource.set(`${apiVersion}/${definition.type.plural}`, definition);
      this.#byKind.set(`${apiVersion}/${definition.type.kind}`, definition);
    }
  }

  /** `apiVersion` as objects carry it: `v1`, `apps/v1`. */
  byResource(apiVersion: string, plural: string): ResourceDefinition | undefined {
    return this.#byResource.get(`${apiVersion}/${plural}`);
  }

  byKind(apiVersion: string, kind: string): ResourceDefinition | undefined {
    return this.#byKind.get(`${apiVersion}/${kind}`);
  }

  /** The definition of a type of `objects/resource.ts`. Throws when the registry lacks it (a fault of ours). */
  of(type: ResourceType): ResourceDefinition {
    const found = this.byResource(apiVersionOf(type), type.plural);
    if (found === undefined) throw new Error(`no definition of ${apiVersionOf(type)} ${type.plural} in the registry`);
    return found;
  }

  /** Groups with their versions, in the order they were registered; the core group is `''`. */
  groups(): Map<string, string[]> {
    const groups = new Map<string, string[]>();
    for (const { type } of this.all) {
      const versions = groups.get(type.group) ?? [];
      if (!versions.includes(type.version)) versions.push(type.version);
      groups.set(type.group, versions);
    }
    return groups;
  }

  inGroupVersion(group: string, version: string): ResourceDefinition[] {
    return this.all.filter(({ type }) => type.group === group && type.version === version);
  }
}
