/** Which address families a Service has: from what it asks for, the addresses it names and the ranges there are. */
import { type IpFamily, parseIp } from '../../net/ip.ts';
import type { ServiceSpec } from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
import { invalid } from '../validation/field.ts';

const NAMES = { 4: 'IPv4', 6: 'IPv6' } as const;

/** The families of a settled Service, in order. */
export function familiesOf(spec: ServiceSpec): IpFamily[] {
  return (spec.ipFamilies ?? []).map((name) => (name === 'IPv6' ? 6 : 4));
}

/** Sets `ipFamilies` and `ipFamilyPolicy`, or says why the wish cannot be had. */
export function settleFamilies(
  spec: ServiceSpec,
  primary: IpFamily,
  serves: (family: IpFamily) => boolean,
): FieldError[] {
  const named = (spec.clusterIPs ?? [spec.clusterIP ?? '']).flatMap((text) => parseIp(text)?.family ?? []);
  const asked = familiesOf(spec);
  for (const [index, family] of asked.entries()) {
    if (serves(family)) continue;
    return [invalid(`spec.ipFamilies[${index}]`, NAMES[family], 'not configured on this cluster')];
  }
  const first = asked[0] ?? named[0] ?? primary;
  const other: IpFamily = first === 4 ? 6 : 4;
  const dual = asked.length > 1 || named.length > 1;
  spec.ipFamilyPolicy ??= dual ? 'RequireDualStack' : 'SingleStack';
  if (spec.ipFamilyPolicy === 'RequireDualStack' && !serves(other)) {
    return [
      invalid('spec.ipFamilyPolicy', 'RequireDualStack', 'this cluster is not configured for dual-stack services'),
    ];
  }
  const both = spec.ipFamilyPolicy !== 'SingleStack' && serves(other);
  spec.ipFamilies = (both ? [first, other] : [first]).map((family) => NAMES[family]);
  return [];
}
