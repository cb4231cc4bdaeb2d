/**
 * The keys of an assertion tree that are more than names, in the words of Chainsaw and kyverno-json: `(expression)` goes
 * on with what a JMESPath expression gives, `~.key` and `~.(expression)` with each item of it.
 */
import { compile, type JSONValue, search } from '@jmespath-community/jmespath';

export interface TreeKey {
  /** A JMESPath expression; undefined: a plain name. */
  readonly expression: string | undefined;
  readonly name: string;
  readonly each: boolean;
}

/** Reads a key. */
export function readTreeKey(key: string): TreeKey {
  const each = key.startsWith('~.');
  const name = each ? key.slice(2) : key;
  const expression = /^\((.*)\)$/s.exec(name)?.[1];
  return { expression, name, each };
}

/** What the key leads to; undefined where there is nothing. Throws what is wrong with an expression. */
export function project({ expression, name }: TreeKey, value: unknown): unknown {
  if (expression !== undefined) return search(value as JSONValue, expression) ?? undefined;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

export interface TreeKeyError {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Every key of the tree whose expression cannot be read. */
export function treeKeyErrors(tree: unknown, path: readonly (string | number)[]): TreeKeyError[] {
  if (Array.isArray(tree)) return tree.flatMap((item, index) => treeKeyErrors(item, [...path, index]));
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]) => {
    const below = treeKeyErrors(value, [...path, key]);
    const { expression, name } = readTreeKey(key);
    if (expression === undefined && name.startsWith('('))
      return [{ path: [...path, key], message: 'an expression ends with ")"' }, ...below];
    if (expression === undefined || expression.includes('{{')) return below;
    try {
      compile(expression);
      return below;
    } catch (error) {
      return [{ path: [...path, key], message: `no JMESPath expression: ${(error as Error).message}` }, ...below];
    }
  });
}
