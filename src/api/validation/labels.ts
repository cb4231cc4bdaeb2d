/** Labels, annotations and label selectors. */
import type { LabelSelector } from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
import { text } from './checks.ts';
import { forbidden, invalid, required, tooLong } from './field.ts';
import { labelValue, qualifiedName } from './names.ts';

type Labels = Readonly<Record<string, string>>;

const ANNOTATIONS_LIMIT = 256 * 1024;

export function validateLabels(field: string, labels: Labels | undefined): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...text(field, key, qualifiedName),
    ...text(field, value, labelValue),
  ]);
}

/** Keys like labels' (in any case), all of it at most 256 KiB. */
export function validateAnnotations(field: string, annotations: Labels | undefined): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    for (const detail of qualifiedName(key.toLowerCase())) errors.push(invalid(field, key, detail));
    size += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (size > ANNOTATIONS_LIMIT) errors.push(tooLong(field, ANNOTATIONS_LIMIT));
  return errors;
}

export function validateSelector(field: string, selector: LabelSelector | undefined): FieldError[] {
  const errors = validateLabels(`${field}.matchLabels`, selector?.matchLabels);
  for (const [index, { key = '', operator = '', values = [] }] of (selector?.matchExpressions ?? []).entries()) {
    const at = `${field}.matchExpressions[${index}]`;
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0)
        errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0)
        errors.push(forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
    } else errors.push(invalid(`${at}.operator`, operator, 'not a valid selector operator'));
    errors.push(...text(`${at}.key`, key, qualifiedName));
    for (const [place, value] of values.entries()) errors.push(...text(`${at}.values[${place}]`, value, labelValue));
  }
  return errors;
}
