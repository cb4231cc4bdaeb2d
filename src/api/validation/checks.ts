/** Checks of single values that many kinds share: numbers, ports, addresses, words of a list. */
import { parseCidr } from '../../net/cidr.ts';
import { type Ip, parseIp } from '../../net/ip.ts';
import type { FieldError } from '../field-error.ts';
import { invalid, notSupported } from './field.ts';
import { portName, type TextCheck } from './names.ts';

export const PROTOCOLS = ['SCTP', 'TCP', 'UDP'] as const;

/** One Invalid per thing that is wrong with the text. */
export function text(field: string, value: string, check: TextCheck): FieldError[] {
  return check(value).map((detail) => invalid(field, value, detail));
}

export function atLeastZero(field: string, value: number | undefined): FieldError[] {
  return value !== undefined && value < 0 ? [invalid(field, value, 'must be greater than or equal to 0')] : [];
}

/** 1 to 65535. */
export function port(field: string, value: number): FieldError[] {
  return value >= 1 && value <= 65535 ? [] : [invalid(field, value, 'must be between 1 and 65535, inclusive')];
}

/** A number, or the name of a container's port. */
export function portOrName(field: string, value: string | number): FieldError[] {
  return typeof value === 'number' ? port(field, value) : text(field, value, portName);
}

/** One of the words; `supported` in the order Kubernetes prints them. */
export function oneOf(field: string, value: string, supported: readonly string[]): FieldError[] {
  return supported.includes(value) ? [] : [notSupported(field, value, supported)];
}

export function ipAddress(field: string, value: string): FieldError[] {
  if (parseIp(value) !== undefined) return [];
  return [invalid(field, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
}

export function addressBlock(field: string, value: string): FieldError[] {
  if (parseCidr(value) !== undefined) return [];
  return [invalid(field, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')];
}

const SPECIAL: readonly (readonly [blocks: readonly string[], detail: string])[] = [
  [['127.0.0.0/8', '::1/128'], 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  [['169.254.0.0/16', 'fe80::/10'], 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'],
  [['224.0.0.0/24', 'ff02::/16'], 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'],
];

/** An address traffic can be sent to: no unspecified, loopback or link-local one. */
export function routableIp(field: string, value: string): FieldError[] {
  const ip = parseIp(value);
  if (ip === undefined) return ipAddress(field, value);
  if (ip.value === 0n) return [invalid(field, value, `may not be unspecified (${value})`)];
  return SPECIAL.filter(([blocks]) => blocks.some((block) => within(block, ip))).map(([, detail]) =>
    invalid(field, value, detail),
  );
}

function within(block: string, ip: Ip): boolean {
  const cidr = parseCidr(block);
  if (cidr === undefined || cidr.family !== ip.family) return false;
  const shift = BigInt((cidr.family === 4 ? 32 : 128) - cidr.prefix);
  return ip.value >> shift === cidr.base >> shift;
}
