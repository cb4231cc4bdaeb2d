/** JSON merge patch (RFC 7386): objects merge, null removes, everything else (lists too) replaces. Pure. */
import { isJsonObject, type Json, type JsonObject } from './json-value.ts';

/** The patched value; `target` stays as it is. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const result: JsonObject = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else set(result, key, mergePatch(Object.hasOwn(result, key) ? result[key] : undefined, value));
  }
  return result;
}

/** Sets an own member even for the key `__proto__`. */
function set(object: JsonObject, key: string, value: Json): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}
