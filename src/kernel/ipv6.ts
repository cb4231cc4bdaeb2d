/** Whether the machine's kernel has IPv6 at all: not when it was booted with ipv6.disable=1 or built without CONFIG_IPV6. */
import { existsSync } from 'node:fs';

export function kernelHasIpv6(): boolean {
  return existsSync('/proc/sys/net/ipv6/conf/all/disable_ipv6');
}
