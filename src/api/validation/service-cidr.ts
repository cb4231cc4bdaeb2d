/** Rules of ServiceCIDR. */
import { parseCidr } from '../../net/cidr.ts';
import type { ServiceCIDR } from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
import { invalid, required } from './field.ts';

/** One range, or one of each family. */
export function validateServiceCIDR(object: ServiceCIDR): FieldError[] {
  const cidrs = object.spec?.cidrs ?? [];
  if (cidrs.length === 0) return [required('spec.cidrs', 'at least one CIDR required')];
  if (cidrs.length > 2) return [invalid('spec.cidrs', cidrs, 'may only hold up to 2 values')];
  const errors: FieldError[] = [];
  for (const [index, text] of cidrs.entries()) {
    if (parseCidr(text) === undefined) {
      const detail = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
      errors.push(invalid(`spec.cidrs[${index}]`, text, detail));
    }
  }
  const [first, second] = cidrs.map(parseCidr);
  if (first !== undefined && second !== undefined && first.family === second.family) {
    errors.push(
      invalid(
        'spec.cidrs',
        cidrs,
        'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/96',
      ),
    );
  }
  return errors;
}

/** The ranges of a ServiceCIDR stay as they are (its single range may be joined by one of the other family). */
export function validateServiceCIDRUpdate(object: ServiceCIDR, previous: ServiceCIDR): FieldError[] {
  const [now, before] = [object.spec?.cidrs ?? [], previous.spec?.cidrs ?? []];
  if (now.join() === before.join()) return [];
  if (before.length === 1 && now.length === 2 && now[0] === before[0]) return validateServiceCIDR(object);
  return [invalid('spec.cidrs', now, 'field is immutable')];
}
