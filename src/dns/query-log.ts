/** The line CoreDNS's `log` plugin writes for a query, in its format (coredns.io/plugins/log, "common"). */
import { hostPort } from '../net/host-port.ts';
import { RCODE } from './dns-record.ts';
import { rcodeOf } from './message.ts';
import type { LoggedQuery } from './resolver.ts';

const RCODE_NAMES = new Map<number, string>(Object.entries(RCODE).map(([name, code]) => [code, name]));
const FLAGS = [
  ['qr', 0x8000],
  ['aa', 0x0400],
  ['tc', 0x0200],
  ['rd', 0x0100],
  ['ra', 0x0080],
] as const;

/** `[INFO] 10.244.1.2:40000 - 7 "A IN web.default.svc.cluster.local. udp 52 false 512" NOERROR qr,aa,rd 102 0.000051s`. */
export function logLine({ query, response, transport, address, port, seconds }: LoggedQuery): string {
  const client = hostPort(address, port);
  const size = query.edns?.udpSize ?? (transport === 'udp' ? 512 : 0xffff);
  const asked = `${query.type} IN ${query.name}. ${transport} ${query.raw.length} false ${size}`;
  const bits = response.readUInt16BE(2);
  const flags = FLAGS.filter(([, bit]) => (bits & bit) !== 0).map(([flag]) => flag);
  const rcode = rcodeOf(response);
  return (
    `[INFO] ${client} - ${query.raw.readUInt16BE(0)} "${asked}" ${RCODE_NAMES.get(rcode) ?? rcode} ` +
    `${flags.join(',')} ${response.length} ${seconds.toFixed(9)}s`
  );
}
