/** Makers of field errors in the words of Kubernetes' field package. */
import type { FieldError } from '../field-error.ts';

/** How a bad value is shown: strings quoted, numbers and booleans plain, the rest as JSON. */
function show(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value);
}

function withDetail(message: string, detail: string): string {
  return detail === '' ? message : `${message}: ${detail}`;
}

/** `Required value: DETAIL`. */
export function required(field: string, detail = ''): FieldError {
  return { type: 'FieldValueRequired', field, message: withDetail('Required value', detail) };
}

/** `Invalid value: VALUE: DETAIL`. */
export function invalid(field: string, value: unknown, detail: string): FieldError {
  return { type: 'FieldValueInvalid', field, message: withDetail(`Invalid value: ${show(value)}`, detail) };
}

/** `Duplicate value: VALUE`. */
export function duplicate(field: string, value: unknown): FieldError {
  return { type: 'FieldValueDuplicate', field, message: `Duplicate value: ${show(value)}` };
}

/** `Unsupported value: VALUE: supported values: "A", "B"`, in the order given. */
export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.map((word) => JSON.stringify(word)).join(', ');
  return {
    type: 'FieldValueNotSupported',
    field,
    message: withDetail(`Unsupported value: ${show(value)}`, list === '' ? '' : `supported values: ${list}`),
  };
}

/** `Forbidden: DETAIL`. */
export function forbidden(field: string, detail: string): FieldError {
  return { type: 'FieldValueForbidden', field, message: withDetail('Forbidden', detail) };
}

/** `Too long: may not be more than N bytes`. */
export function tooLong(field: string, limit: number): FieldError {
  return { type: 'FieldValueTooLong', field, message: `Too long: may not be more than ${limit} bytes` };
}

/** `Too many: COUNT: must have at most N items`. */
export function tooMany(field: string, count: number, limit: number): FieldError {
  return { type: 'FieldValueTooMany', field, message: `Too many: ${count}: must have at most ${limit} items` };
}

/** `Not found: VALUE`. */
export function notFound(field: string, value: unknown): FieldError {
  return { type: 'FieldValueNotFound', field, message: `Not found: ${show(value)}` };
}
