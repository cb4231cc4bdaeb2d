/** Plans how connections to an API server elsewhere end at the gateway's own relay, whatever address they were made to. Pure. */
import type { Batch } from '../../kernel/kernel.ts';
import { cidrContains, cidrOf } from '../../net/cidr.ts';
import { bitsOf, familyOf, type IpFamily, parseIp } from '../../net/ip.ts';
import type { RemoteApi } from '../plan-lab.ts';

/** Reads an `iptables-save` of the gateway: whether the jump to our chain stands. */
export function observeRedirect(save: string): boolean {
  return /^-A PREROUTING -j PODWIRE-API$/m.test(save);
}

/**
 * The rules of one family. Only connections to the API's own address *and* port are turned: other traffic to that machine (VXLAN to a
 * node that stands there) goes its way. For an address of the lab's own underlay nobody would answer; the gateway then does.
 */
export function planRedirect(
  remote: RemoteApi,
  family: IpFamily,
  { underlays, port, jumpStands }: { underlays: readonly string[]; port: number; jumpStands: boolean },
): readonly Batch[] {
  const endpoints = remote.endpoints.filter(({ ip }) => familyOf(ip) === family);
  if (endpoints.length === 0) return [];
  const host = (ip: string) => `${ip}/${bitsOf(family)}`;
  const onLink = endpoints.filter(({ ip }) => underlays.some((each) => cidrContains(cidrOf(each), parseIp(ip)!)));
  const lines = [
    '*nat',
    ':PODWIRE-API - [0:0]',
    ...endpoints.map(
      (it) => `-A PODWIRE-API -d ${host(it.ip)} -p tcp --dport ${it.port} -j REDIRECT --to-ports ${port}`,
    ),
    ...(jumpStands ? [] : ['-A PREROUTING -j PODWIRE-API']),
    'COMMIT',
    '',
  ];
  const addresses = [...new Set(onLink.map(({ ip }) => host(ip)))];
  return [
    { tool: 'ip', ops: addresses.map((cidr) => ({ op: 'address-replace', cidr, device: 'lo' }) as const) },
    { tool: 'iptables-restore', family, text: lines.join('\n') },
  ];
}
