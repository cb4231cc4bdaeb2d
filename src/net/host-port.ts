/** Addresses together with ports, and what a server of several families listens on and sees. */
import { familyOf } from './ip.ts';

/** `10.244.1.2:80`, `[fd00:10:244:1::2]:80`. */
export function hostPort(host: string, port: number | undefined): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Every address of a place that has these: `::` takes IPv4 too, as Go's and nginx's servers have it. */
export function wildcardFor(ips: readonly string[]): '0.0.0.0' | '::' {
  return ips.some((ip) => familyOf(ip) === 6) ? '::' : '0.0.0.0';
}

/** The address of a client that came over IPv4 to a socket of both families: `::ffff:10.244.1.2` is 10.244.1.2. */
export function unmapped(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}
