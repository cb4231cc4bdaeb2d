/** The operations grouped by path, and the definitions they name: what documents of both versions are made of. */
import type { ApiOperation } from './operations.ts';

export const BODY_TYPES: Readonly<Record<'patch' | 'other', readonly string[]>> = {
  patch: ['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json'],
  other: ['application/json', 'application/yaml'],
};

export interface PathItems {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Names of definitions. */
  readonly roots: ReadonlySet<string>;
}

/** `render` writes one operation, `parameter` one parameter of the path, in the words of the document's version. */
export function pathItems(
  operations: readonly ApiOperation[],
  render: (operation: ApiOperation) => object,
  parameter: (name: string) => object,
): PathItems {
  const paths: Record<string, Record<string, unknown>> = {};
  const roots = new Set<string>();
  for (const operation of operations) {
    const { path, method, named, namespaced, answer, body } = operation;
    const names = [...(named ? ['name'] : []), ...(namespaced ? ['namespace'] : [])];
    paths[path] = { parameters: names.map(parameter), ...paths[path], [method]: render(operation) };
    roots.add(answer);
    if (body !== undefined) roots.add(body);
  }
  return { paths, roots };
}
