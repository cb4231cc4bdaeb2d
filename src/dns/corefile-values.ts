/** The values of a Corefile's lines: zones, addresses, numbers, durations; each refused with its line when it is none. */
import { cidrOf, parseCidr } from '../net/cidr.ts';
import { isIp } from '../net/ip.ts';
import { CorefileError, type Directive, type Property } from './corefile.ts';
import { reverseZones } from './reverse-name.ts';

export const DNS_PORT = 53;

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** `10.0.0.1`, `10.0.0.1:5353`, `[fd00::1]:53`, with `dns://` before it. */
export function serverAddress(text: string, line = 0): ServerAddress {
  const bare = text.replace(/^dns:\/\//, '');
  if (isIp(bare)) return { host: bare, port: DNS_PORT };
  const [, bracketed, plain, port = String(DNS_PORT)] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(bare) ?? [];
  const host = bracketed ?? plain ?? '';
  if (!isIp(host) || Number(port) > 65_535) throw new CorefileError(line, `not an IP address or file: "${text}"`);
  return { host, port: Number(port) };
}

/** In lower case, without the final dot; the root is empty. */
export function zoneName(text: string): string {
  return text.toLowerCase().replace(/\.$/, '');
}

/** A zone as it stands, or those of an address block. */
export function zonesOf(text: string, line: number): string[] {
  if (!text.includes('/')) return [zoneName(text)];
  if (parseCidr(text) === undefined) throw new CorefileError(line, `'${text}' is neither a zone nor an address block`);
  return reverseZones(cidrOf(text));
}

/** The zones of `fallthrough`; without any: all. */
export function fallthroughOf({ args }: Property): string[] {
  return args.length === 0 ? [''] : args.map(zoneName);
}

/** The one argument as a whole number. */
export function numberOf(property: Property, most: number): number {
  const value = Number(property.args[0]);
  if (property.args.length === 1 && Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new CorefileError(property.line, `${property.name} must be a number from 0 to ${most}`);
}

/** The one argument, which is one of these words. */
export function oneOf<T extends string>(property: Property, words: readonly T[]): T {
  const found = words.find((word) => word === property.args[0]);
  if (found !== undefined && property.args.length === 1) return found;
  throw new CorefileError(
    property.line,
    `${property.name} must be one of ${words.join(', ')}, not '${property.args.join(' ')}'`,
  );
}

/** The port of `prometheus :9153`. */
export function portOf({ args, line, name }: Directive, usual: number): number {
  const [, port = String(usual)] = /:(\d+)$/.exec(args[0] ?? '') ?? [];
  if (args.length > 1 || Number(port) > 65_535)
    throw new CorefileError(line, `${name} takes one address such as :${usual}`);
  return Number(port);
}

/** Milliseconds of `lameduck 5s`. */
export function durationOf(property: Property): number {
  const [, amount, unit] = /^(\d+)(ms|s|m)$/.exec(property.args[0] ?? '') ?? [];
  if (amount === undefined) throw new CorefileError(property.line, `${property.name} needs a duration such as 5s`);
  return Number(amount) * { ms: 1, s: 1000, m: 60_000 }[unit as 'ms' | 's' | 'm'];
}

const ELSEWHERE = '; podwire’s own DNS server lacks it (`dns: coredns` in the lab file runs CoreDNS itself)';

/** Something CoreDNS may know and this server does not. */
export function notHere(line: number, what: string): CorefileError {
  return new CorefileError(line, `${what}${ELSEWHERE}`);
}
