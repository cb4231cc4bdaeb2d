/** Rules of Node. What the kubelet tells in the status is its own affair; the pods' blocks end up in routes. */
import { parseCidr } from '../../net/cidr.ts';
import type { Node } from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
import { addressBlock } from './checks.ts';
import { invalid } from './field.ts';

export function validateNode({ spec }: Node): FieldError[] {
  const blocks = spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : []);
  const errors = blocks.flatMap((block, index) => addressBlock(`spec.podCIDRs[${index}]`, block));
  const families = blocks.map((block) => parseCidr(block)?.family);
  if (new Set(families).size < blocks.length && !families.includes(undefined)) {
    errors.push(invalid('spec.podCIDRs', blocks, 'may specify no more than one CIDR for each IP family'));
  }
  if (spec?.podCIDR && spec.podCIDR !== blocks[0]) {
    errors.push(invalid('spec.podCIDRs', blocks, 'the first value must be that of `podCIDR`'));
  }
  return errors;
}
