/** Addresses a client may be led to: never the control plane's own, nor its link's. */
import { type Cidr, cidrContains, cidrOf } from '../../net/cidr.ts';
import { parseIp } from '../../net/ip.ts';
import { badRequest } from '../status-error.ts';

const REFUSED: readonly Cidr[] = [
  ...['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '255.255.255.255/32'],
  ...['::/127', '::ffff:0:0/96', 'fe80::/10', 'ff00::/8'],
].map(cidrOf);

/** Throws BadRequest for what is no such address. */
export function requireProxyable(text: string): void {
  const ip = parseIp(text);
  const own = ip === undefined || REFUSED.some((cidr) => cidrContains(cidr, ip));
  if (own) throw badRequest('address not allowed');
}
