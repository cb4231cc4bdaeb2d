/** A request body as an object of the kind the path names, checked against its schema. */
import { apiVersionOf } from '../../objects/resource.ts';
import type { ApiObject } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { cannotBeHandled, DecodeError, decode, strictDecodingError } from '../schema/decode.ts';
import { badRequest } from '../status-error.ts';
import type { ParsedBody } from './body.ts';
import type { FieldValidation } from './write-parameters.ts';

/** The kind and schema a body must be of: the resource's own, or a subresource's. */
export interface BodyKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly schema: string;
}

export function bodyKindOf({ type, schema }: ResourceDefinition): BodyKind {
  return { apiVersion: apiVersionOf(type), kind: type.kind, schema };
}

/**
 * Decodes in place; a body without kind is taken to be of the expected one. Throws BadRequest for another kind, a
 * wrong type, and (Strict) for unknown and repeated fields; otherwise warns of them.
 */
export function decodeObject(
  expected: BodyKind,
  body: ParsedBody,
  validation: FieldValidation,
  warn: (message: string) => void,
): ApiObject {
  const object = asObject(expected, body.value);
  const { apiVersion = expected.apiVersion, kind = expected.kind } = object;
  checkKind(expected, apiVersion, kind);
  const version = expected.apiVersion.split('/').at(-1)!;
  const unknown = problemsOf(expected, object, (problem) => cannotBeHandled(kind, version, problem));
  const problems = [...body.duplicates, ...unknown];
  if (problems.length > 0 && validation === 'Strict') {
    throw badRequest(cannotBeHandled(kind, version, strictDecodingError(problems)));
  }
  if (validation === 'Warn') for (const problem of problems) warn(problem);
  return { apiVersion, kind, ...object } as ApiObject;
}

/** The strict decoder's complaints; throws BadRequest for what cannot be decoded at all. */
export function problemsOf(
  expected: BodyKind,
  object: ApiObject,
  phrase: (problem: string) => string = (problem) => problem,
): string[] {
  try {
    return decode(expected.schema, object as Record<string, unknown>);
  } catch (error) {
    if (error instanceof DecodeError) throw badRequest(phrase(error.message));
    throw error;
  }
}

function asObject({ kind }: BodyKind, body: unknown): ApiObject {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as ApiObject;
  if (body === undefined) throw badRequest(`the request body is empty (must be of type ${kind})`);
  throw badRequest(
    `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: json: cannot unmarshal ${typeName(body)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
  );
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function checkKind(expected: BodyKind, apiVersion: unknown, kind: unknown): void {
  if (apiVersion !== expected.apiVersion) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected.apiVersion})`,
    );
  }
  if (kind === expected.kind) return;
  const version = expected.apiVersion.split('/').at(-1)!;
  throw badRequest(
    `${kind} in version "${version}" cannot be handled as a ${expected.kind}: converting (${version}.${kind}) to (${version}.${expected.kind}): unknown conversion`,
  );
}
