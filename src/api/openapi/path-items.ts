/** The operations grouped by path, and the definitions they name: what documents of both versions are made of. */
import type { ApiOperation } from './operations.ts';

export const BODY_TYPES: Readonly<Record<'patch' | 'other', readonly string[]>> = {
  patch: [
    'application/json-patch+json',
    'application/merge-patch+json',
    'application/strategic-merge-patch+json',
    'application/apply-patch+yaml',
  ],
  other: ['application/json', 'application/yaml'],
};

export type PathItem<P, O> = { readonly parameters: readonly P[] } & {
  readonly [method in ApiOperation['method']]?: O;
};

export interface PathItems<P, O> {
  readonly paths: Readonly<Record<string, PathItem<P, O>>>;
  /** Names of definitions. */
  readonly roots: ReadonlySet<string>;
}

/** `render` writes one operation, `parameter` one parameter of the path, in the words of the document's version. */
export function pathItems<P, O>(
  operations: readonly ApiOperation[],
  render: (operation: ApiOperation) => O,
  parameter: (name: string) => P,
): PathItems<P, O> {
  const paths: Record<string, PathItem<P, O>> = {};
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
