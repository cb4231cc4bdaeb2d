/** Finds a definition by the kind that objects of it name. */
import { DEFINITIONS } from '../schema/definitions.ts';

let byKind: Map<string, string> | undefined;

/** `apps/v1`, `Deployment` → `io.k8s.api.apps.v1.Deployment`; undefined when nothing published has this kind. */
export function schemaOfKind(apiVersion: string, kind: string): string | undefined {
  byKind ??= indexKinds();
  return byKind.get(`${apiVersion}/${kind}`);
}

function indexKinds(): Map<string, string> {
  const index = new Map<string, string>();
  for (const [name, definition] of Object.entries(DEFINITIONS)) {
    for (const { group, version, kind } of definition['x-kubernetes-group-version-kind'] ?? []) {
      index.set(`${group === '' ? version : `${group}/${version}`}/${kind}`, name);
    }
  }
  return index;
}
