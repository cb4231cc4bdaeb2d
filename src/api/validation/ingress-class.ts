/** Rules of IngressClasses. Source: pkg/apis/networking/validation. */
import type { IngressClass } from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
import { oneOf, text } from './checks.ts';
import { forbidden, invalid, required, tooLong } from './field.ts';
import { dnsLabel, dnsSubdomain, domainPrefixedPath, pathSegment } from './names.ts';

const CONTROLLER_LIMIT = 250;
const SCOPES = ['Cluster', 'Namespace'] as const;

export function validateIngressClass({ spec = {} }: IngressClass): FieldError[] {
  const controller = spec.controller ?? '';
  const errors: FieldError[] =
    controller.length > CONTROLLER_LIMIT ? [tooLong('spec.controller', CONTROLLER_LIMIT)] : [];
  if (controller === '') errors.push(required('spec.controller'));
  else errors.push(...text('spec.controller', controller, domainPrefixedPath));
  return spec.parameters === undefined ? errors : [...errors, ...parameters(spec.parameters)];
}

export function validateIngressClassUpdate(object: IngressClass, previous: IngressClass): FieldError[] {
  const [controller, before] = [object.spec?.controller, previous.spec?.controller];
  return controller === before ? [] : [invalid('spec.controller', controller, 'field is immutable')];
}

function parameters(given: NonNullable<NonNullable<IngressClass['spec']>['parameters']>): FieldError[] {
  const field = 'spec.parameters';
  const errors = typedReference(field, given);
  const { scope, namespace } = given;
  if (scope === undefined) return [...errors, required(`${field}.scope`)];
  errors.push(...oneOf(`${field}.scope`, scope, SCOPES));
  if (scope === 'Namespace') {
    if (!namespace) errors.push(required(`${field}.namespace`, "`parameters.scope` is set to 'Namespace'"));
    else errors.push(...text(`${field}.namespace`, namespace, dnsLabel));
  } else if (scope === 'Cluster' && namespace !== undefined) {
    errors.push(forbidden(`${field}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  }
  return errors;
}

/** A reference to an object of any kind, by group, kind and name. */
export function typedReference(
  field: string,
  { apiGroup, kind, name }: { readonly apiGroup?: string; readonly kind?: string; readonly name?: string },
): FieldError[] {
  return [
    ...(apiGroup === undefined ? [] : text(`${field}.apiGroup`, apiGroup, dnsSubdomain)),
    ...(kind ? text(`${field}.kind`, kind, pathSegment) : [required(`${field}.kind`, 'kind is required')]),
    ...(name ? text(`${field}.name`, name, pathSegment) : [required(`${field}.name`, 'name is required')]),
  ];
}
