/** JSON values as patches handle them. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A patch that cannot be applied to this object, or is none. */
export class PatchError extends Error {
  override readonly name = 'PatchError';
}
