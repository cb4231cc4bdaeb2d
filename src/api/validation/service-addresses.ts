/** Rules of a Service's addresses and their families. */
import { parseIp } from '../../net/ip.ts';
import type { ServiceSpec } from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
import { ipAddress, oneOf } from './checks.ts';
import { duplicate, invalid } from './field.ts';

const FIELD = 'spec.clusterIPs';

/** True for `clusterIP: None`. */
export function isHeadless(spec: ServiceSpec | undefined): boolean {
  return spec?.clusterIP === 'None' || spec?.clusterIPs?.[0] === 'None';
}

/** The cluster IPs of any type but ExternalName. */
export function validateClusterIps(spec: ServiceSpec): FieldError[] {
  const ips = spec.clusterIPs ?? [];
  const errors: FieldError[] = [];
  if (spec.clusterIP && ips[0] !== undefined && ips[0] !== spec.clusterIP) {
    errors.push(invalid(FIELD, ips, 'first value must match `clusterIP`'));
  }
  if (!spec.clusterIP && ips.length > 0) {
    errors.push(invalid(FIELD, ips, 'must be empty when `clusterIP` is not specified'));
  }
  errors.push(...families(spec));
  const bad = ips.flatMap((ip, index) => {
    if (index === 0 && ip === 'None') {
      return ips.length > 1 ? [invalid(FIELD, ips, "'None' must be the first and only value")] : [];
    }
    return ipAddress(`${FIELD}[${index}]`, ip);
  });
  if (ips.length > 2) bad.push(invalid(FIELD, ips, 'may only hold up to 2 values'));
  errors.push(...bad);
  if (bad.length > 0) return errors;
  if (ips.length === 2 && parseIp(ips[0]!)?.family === parseIp(ips[1]!)?.family) {
    errors.push(invalid(FIELD, ips, 'may specify no more than one IP for each IP family'));
  }
  for (const [index, ip] of ips.entries()) {
    const expected = spec.ipFamilies?.[index];
    const family = parseIp(ip)?.family;
    if (expected === undefined || family === undefined || expected === `IPv${family}`) continue;
    errors.push(
      invalid(`${FIELD}[${index}]`, ip, `expected an ${expected} value as indicated by \`ipFamilies[${index}]\``),
    );
  }
  return errors;
}

function families({ ipFamilies = [], ipFamilyPolicy }: ServiceSpec): FieldError[] {
  const errors = ipFamilies.flatMap((family, index) => [
    ...oneOf(`spec.ipFamilies[${index}]`, family, ['IPv4', 'IPv6']),
    ...(ipFamilies.indexOf(family) < index ? [duplicate(`spec.ipFamilies[${index}]`, family)] : []),
  ]);
  if (ipFamilyPolicy === undefined) return errors;
  const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
  return [...errors, ...oneOf('spec.ipFamilyPolicy', ipFamilyPolicy, policies)];
}

/** Addresses stay what they are while a Service has any; only a second family may come and go. */
export function validateClusterIpsUpdate(spec: ServiceSpec, before: ServiceSpec): FieldError[] {
  if (spec.type === 'ExternalName' || before.type === 'ExternalName') return [];
  if (isHeadless(spec) && isHeadless(before)) return [];
  const [ips, old] = [spec.clusterIPs ?? [], before.clusterIPs ?? []];
  const errors: FieldError[] = [];
  if (old.length > 0 && ips.length === 0) {
    return [invalid(`${FIELD}[0]`, ips, 'primary clusterIP can not be unset')];
  }
  const compared = old.length === ips.length ? old : old.slice(0, 1);
  for (const [index, ip] of compared.entries()) {
    if (ips[index] !== ip) errors.push(invalid(`${FIELD}[${index}]`, ips, 'may not change once set'));
  }
  return [...errors, ...validateFamiliesUpdate(spec, before)];
}

/** Whether the second family may go was settled before. */
function validateFamiliesUpdate(spec: ServiceSpec, before: ServiceSpec): FieldError[] {
  if (isHeadless(spec) !== isHeadless(before)) return [];
  const [now, old] = [spec.ipFamilies ?? [], before.ipFamilies ?? []];
  const compared = old.length === now.length ? old : old.slice(0, 1);
  // Upstream shows the addresses where the numbers of families differ.
  const shown = old.length === now.length ? now : spec.clusterIPs;
  return compared.flatMap((family, index) =>
    now[index] === family ? [] : [invalid('spec.ipFamilies[0]', shown, 'may not change once set')],
  );
}
