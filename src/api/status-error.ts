/** The answers that are no success: `ApiError`s with Kubernetes' reasons, codes and wording. */
import type { ResourceType } from '../objects/resource.ts';
import { ApiError } from '../objects/transport.ts';
import type { Status, StatusCause } from '../objects/wire.ts';
import type { FieldError } from './field-error.ts';

type Addressed = Pick<ResourceType, 'group' | 'plural'>;

/** An `ApiError` of any kind; the makers below fix the wording of the usual ones. */
export function statusError(code: number, reason: string, message: string, details?: Status['details']): ApiError {
  return new ApiError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === '' ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  });
}

/** `services`, or `deployments.apps`. */
export function qualifiedResource(type: Addressed): string {
  return type.group === '' ? type.plural : `${type.plural}.${type.group}`;
}

function detailsOf(type: Addressed, name: string): NonNullable<Status['details']> {
  return { ...(name === '' ? {} : { name }), ...(type.group === '' ? {} : { group: type.group }), kind: type.plural };
}

export function notFound(type: Addressed, name: string): ApiError {
  return statusError(404, 'NotFound', `${qualifiedResource(type)} "${name}" not found`, detailsOf(type, name));
}

/** No such path. */
export function pathNotFound(): ApiError {
  return statusError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function alreadyExists(type: Addressed, name: string): ApiError {
  return statusError(
    409,
    'AlreadyExists',
    `${qualifiedResource(type)} "${name}" already exists`,
    detailsOf(type, name),
  );
}

export function conflict(type: Addressed, name: string, why: string): ApiError {
  return statusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualifiedResource(type)} "${name}": ${why}`,
    detailsOf(type, name),
  );
}

/** The object has a newer resourceVersion than the client saw. */
export function modified(type: Addressed, name: string): ApiError {
  return conflict(
    type,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );
}

export function badRequest(message: string): ApiError {
  return statusError(400, 'BadRequest', message);
}

export function forbidden(type: Addressed, name: string, why: string, causes?: StatusCause[]): ApiError {
  return statusError(403, 'Forbidden', `${qualifiedResource(type)} "${name}" is forbidden: ${why}`, {
    ...detailsOf(type, name),
    ...(causes === undefined ? {} : { causes }),
  });
}

/** `Service "x" is invalid: spec.ports[0].nodePort: Invalid value: …`. */
export function invalid(
  type: Pick<ResourceType, 'group' | 'kind'>,
  name: string,
  errors: readonly FieldError[],
): ApiError {
  const kind = type.group === '' ? type.kind : `${type.kind}.${type.group}`;
  const lines = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))];
  return statusError(
    422,
    'Invalid',
    `${kind} "${name}" is invalid: ${lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`}`,
    {
      ...(name === '' ? {} : { name }),
      ...(type.group === '' ? {} : { group: type.group }),
      kind: type.kind,
      causes: errors.map(({ type: reason, field, message }) => ({ reason, message, field })),
    },
  );
}

/** The history asked for has been compacted away. */
export function expired(message: string): ApiError {
  return statusError(410, 'Expired', message);
}

export function tooLargeResourceVersion(asked: number, current: number): ApiError {
  return statusError(504, 'Timeout', `Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

export function methodNotAllowed(): ApiError {
  return statusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}

export function notAcceptable(accepted: readonly string[]): ApiError {
  return statusError(406, 'NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`);
}

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  return statusError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}

export function unauthorized(): ApiError {
  return statusError(401, 'Unauthorized', 'Unauthorized');
}

export function tooLargeBody(limitBytes: number): ApiError {
  return statusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limitBytes}`);
}

/** Something of ours broke: 500 with the error's own message. */
export function internalError(error: unknown): ApiError {
  const message = error instanceof Error ? error.message : String(error);
  return statusError(500, 'InternalError', `Internal error occurred: ${message}`, {
    causes: [{ message }],
  });
}

/** Any thrown value as the answer it gives. */
export function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : internalError(error);
}
