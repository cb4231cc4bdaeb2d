/** How many pods may be missing or extra while a template is replaced. */
import type { FieldError } from '../field-error.ts';
import { atLeastZero } from './checks.ts';
import { invalid } from './field.ts';

interface RollingUpdate {
  readonly maxUnavailable?: string | number;
  readonly maxSurge?: string | number;
}

const PERCENT =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

/** Numbers or percentages; not both zero, or nothing would ever move. */
export function validateRollingUpdate(at: string, given: RollingUpdate | undefined): FieldError[] {
  if (given === undefined) return [];
  const errors = [
    ...countOrPercent(`${at}.maxUnavailable`, given.maxUnavailable),
    ...countOrPercent(`${at}.maxSurge`, given.maxSurge),
  ];
  if (isZero(given.maxUnavailable) && isZero(given.maxSurge)) {
    errors.push(invalid(`${at}.maxUnavailable`, given.maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  if (percent(given.maxUnavailable) > 100) {
    errors.push(invalid(`${at}.maxUnavailable`, given.maxUnavailable, 'must not be greater than 100%'));
  }
  return errors;
}

function countOrPercent(field: string, value: string | number | undefined): FieldError[] {
  if (typeof value !== 'string') return atLeastZero(field, value);
  return /^[0-9]+%$/.test(value) ? [] : [invalid(field, value, PERCENT)];
}

function percent(value: string | number | undefined): number {
  return typeof value === 'string' && /^[0-9]+%$/.test(value) ? Number.parseInt(value, 10) : 0;
}

function isZero(value: string | number | undefined): boolean {
  return value === 0 || (typeof value === 'string' && /^0+%$/.test(value));
}
