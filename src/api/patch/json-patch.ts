/** JSON patch (RFC 6902) over JSON pointers (RFC 6901). Pure: the given document stays as it is. */
import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type Json, PatchError } from './json-value.ts';

/** More operations than this are refused, as Kubernetes does: each may copy. */
const MAX_OPERATIONS = 10_000;

/**
 * What the `copy` operations of one patch may add, in characters of JSON: copying the whole into itself doubles it each
 * time. Kubernetes sets the same limit, that of a request.
 */
const COPY_LIMIT = 3 * 1024 * 1024;

interface Place {
  readonly parent: Json;
  readonly key: string;
}

/** The patched document. Throws a `PatchError` naming the operation that failed; then nothing is changed. */
export function jsonPatch(document: Json, patch: unknown): Json {
  if (!Array.isArray(patch)) throw new PatchError('a JSON patch is a list of operations');
  if (patch.length > MAX_OPERATIONS)
    throw new PatchError(`the allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`);
  // The document is held in a box, so that the empty pointer has a parent too.
  const box = { '': structuredClone(document) };
  const copies = { left: COPY_LIMIT };
  for (const operation of patch) apply(box, operation, copies);
  return box[''];
}

function apply(box: { '': Json }, operation: unknown, copies: { left: number }): void {
  if (!isJsonObject(operation) || typeof operation.op !== 'string' || typeof operation.path !== 'string')
    throw new PatchError('an operation of a JSON patch needs "op" and "path"');
  const { op, path } = operation;
  const at = () => locate(box, path, op);
  const value = (): Json => {
    if (operation.value === undefined) throw new PatchError(`${op} operation "${path}" needs "value"`);
    return structuredClone(operation.value);
  };
  const from = (): string => {
    if (typeof operation.from !== 'string') throw new PatchError(`${op} operation "${path}" needs "from"`);
    return operation.from;
  };
  switch (op) {
    case 'add':
      add(at(), value(), path);
      break;
    case 'remove':
      remove(at(), op, path);
      break;
    case 'replace':
      replace(at(), value(), path);
      break;
    case 'move': {
      const source = from();
      if (path.startsWith(`${source}/`)) throw new PatchError(`move operation: "${path}" lies within "${source}"`);
      const moved = structuredClone(read(locate(box, source, op), op, source));
      remove(locate(box, source, op), op, source);
      add(at(), moved, path);
      break;
    }
    case 'copy': {
      const source = from();
      const original = read(locate(box, source, op), op, source);
      copies.left -= JSON.stringify(original).length;
      if (copies.left < 0) throw new PatchError(`copy operations may add ${COPY_LIMIT} bytes at most: "${path}"`);
      add(at(), structuredClone(original), path);
      break;
    }
    case 'test':
      if (!isDeepStrictEqual(read(at(), op, path), value())) throw new PatchError(`testing value ${path} failed`);
      break;
    default:
      throw new PatchError(`unexpected kind: ${op}`);
  }
}

/** `/a~1b/0` → `['a/b', '0']`. */
function tokensOf(pointer: string): string[] {
  if (pointer !== '' && !pointer.startsWith('/')) throw new PatchError(`"${pointer}" is no JSON pointer`);
  return pointer.split('/').map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Where a pointer leads: everything but its last member must be there. */
function locate(box: { '': Json }, pointer: string, op: string): Place {
  const tokens = tokensOf(pointer);
  const key = tokens.pop() ?? '';
  let parent: Json = box;
  for (const token of tokens) parent = read({ parent, key: token }, op, pointer);
  if (typeof parent !== 'object' || parent === null) throw missing(op, pointer);
  return { parent, key };
}

function missing(op: string, path: string): PatchError {
  return new PatchError(`${op} operation does not apply: doc is missing path: "${path}": missing value`);
}

/** The index a token names; `length` is allowed only for adding. */
function indexOf(token: string, length: number, path: string): number {
  if (!/^(0|[1-9]\d*)$/.test(token)) throw new PatchError(`"${token}" is no index of a list: "${path}"`);
  const index = Number(token);
  if (index >= length) throw new PatchError(`index out of bounds: "${path}": ${index}`);
  return index;
}

function read({ parent, key }: Place, op: string, path: string): Json {
  if (Array.isArray(parent)) return parent[indexOf(key, parent.length, path)]!;
  if (!isJsonObject(parent) || !Object.hasOwn(parent, key)) throw missing(op, path);
  return parent[key]!;
}

function write(parent: Json, key: string, value: Json): void {
  Object.defineProperty(parent, key, { value, writable: true, enumerable: true, configurable: true });
}

function add({ parent, key }: Place, value: Json, path: string): void {
  if (!Array.isArray(parent)) write(parent, key, value);
  else if (key === '-') parent.push(value);
  else parent.splice(indexOf(key, parent.length + 1, path), 0, value);
}

function remove(place: Place, op: string, path: string): void {
  read(place, op, path);
  if (path === '') throw new PatchError('the whole document cannot be removed');
  if (Array.isArray(place.parent)) place.parent.splice(Number(place.key), 1);
  else if (isJsonObject(place.parent)) delete place.parent[place.key];
}

function replace(place: Place, value: Json, path: string): void {
  read(place, 'replace', path);
  write(place.parent, place.key, value);
}
