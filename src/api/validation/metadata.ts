/** What holds for the metadata of every kind; only the form of names differs. */
import type { ApiObject } from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
import { text } from './checks.ts';
import { invalid, required } from './field.ts';
import { validateAnnotations, validateLabels } from './labels.ts';
import { qualifiedName, type TextCheck } from './names.ts';

/** Checks name, labels, annotations, finalizers and owner references. */
export function validateMetadata(object: ApiObject, nameCheck: TextCheck): FieldError[] {
  const metadata = object.metadata ?? {};
  const errors: FieldError[] = [];
  if (metadata.generateName) errors.push(...prefix(metadata.generateName, nameCheck));
  if (metadata.name) errors.push(...text('metadata.name', metadata.name, nameCheck));
  else errors.push(required('metadata.name', 'name or generateName is required'));
  errors.push(...validateLabels('metadata.labels', metadata.labels));
  errors.push(...validateAnnotations('metadata.annotations', metadata.annotations));
  for (const [index, finalizer] of (metadata.finalizers ?? []).entries()) {
    errors.push(...text(`metadata.finalizers[${index}]`, finalizer, qualifiedName));
  }
  for (const [index, owner] of (metadata.ownerReferences ?? []).entries()) {
    const at = `metadata.ownerReferences[${index}]`;
    for (const member of ['apiVersion', 'kind', 'name', 'uid'] as const) {
      if (!owner[member]) errors.push(invalid(`${at}.${member}`, owner[member] ?? '', 'must not be empty'));
    }
  }
  return errors;
}

/** What the name will begin with: a trailing dash is fine, letters follow it. */
function prefix(generateName: string, nameCheck: TextCheck): FieldError[] {
  const sample = generateName.endsWith('-') ? `${generateName.slice(0, -1)}a` : generateName;
  return nameCheck(sample).map((detail) => invalid('metadata.generateName', generateName, detail));
}
