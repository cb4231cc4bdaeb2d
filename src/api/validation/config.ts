/** Rules of ConfigMaps and Secrets. */
import { isDeepStrictEqual } from 'node:util';
import type { ConfigMap, Secret } from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
import { text } from './checks.ts';
import { forbidden, invalid, tooLong } from './field.ts';
import { configKey } from './names.ts';

const SIZE_LIMIT = 1024 * 1024;
const FROZEN = 'field is immutable when `immutable` is set';

export function validateConfigMap(object: ConfigMap): FieldError[] {
  const errors = [...keys('data', object.data), ...keys('binaryData', object.binaryData)];
  for (const key of Object.keys(object.binaryData ?? {})) {
    if (Object.hasOwn(object.data ?? {}, key)) {
      errors.push(invalid(`data[${key}]`, key, `duplicate of key present in binaryData`));
    }
  }
  const size = bytes(object.data) + decodedBytes(object.binaryData);
  return size > SIZE_LIMIT ? [...errors, tooLong('', SIZE_LIMIT)] : errors;
}

export function validateSecret(object: Secret): FieldError[] {
  const errors = keys('data', object.data);
  return decodedBytes(object.data) > SIZE_LIMIT ? [...errors, tooLong('data', SIZE_LIMIT)] : errors;
}

export function validateConfigMapUpdate(object: ConfigMap, previous: ConfigMap): FieldError[] {
  return frozen(object, previous, ['data', 'binaryData']);
}

export function validateSecretUpdate(object: Secret, previous: Secret): FieldError[] {
  const errors = frozen(object, previous, ['data']);
  if (object.type !== previous.type) errors.push(invalid('type', object.type, 'field is immutable'));
  return errors;
}

/** An object with `immutable: true` keeps its data, and its mark. */
function frozen<T extends { immutable?: boolean }>(
  object: T,
  previous: T,
  members: readonly (keyof T)[],
): FieldError[] {
  if (previous.immutable !== true) return [];
  const errors: FieldError[] = object.immutable === true ? [] : [forbidden('immutable', FROZEN)];
  for (const member of members) {
    if (!isDeepStrictEqual(object[member], previous[member])) errors.push(forbidden(String(member), FROZEN));
  }
  return errors;
}

function keys(field: string, data: Readonly<Record<string, string>> | undefined): FieldError[] {
  return Object.keys(data ?? {}).flatMap((key) => text(`${field}[${key}]`, key, configKey));
}

function bytes(data: Readonly<Record<string, string>> | undefined): number {
  return Object.values(data ?? {}).reduce((sum, value) => sum + Buffer.byteLength(value), 0);
}

function decodedBytes(data: Readonly<Record<string, string>> | undefined): number {
  return Object.values(data ?? {}).reduce((sum, value) => sum + Buffer.byteLength(value, 'base64'), 0);
}
