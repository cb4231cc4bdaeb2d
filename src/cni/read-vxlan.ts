/** The entries of a VXLAN device as the kernel tells them: what a plan starts from after a restart or a failure. */
import type { IpFamily } from '../net/ip.ts';
import type { VxlanEntries, VxlanLink } from './vxlan.ts';

/** A question about a device, for a family; each answers in JSON. */
export type Question = (device: string, family: IpFamily) => readonly [string, ...string[]];

/** The three about entries. */
export const READ_ROUTES: Question = (device, family) => ['ip', '-json', `-${family}`, 'route', 'show', 'dev', device];
export const READ_NEIGHBOURS: Question = (device, family) => [
  'ip',
  '-json',
  `-${family}`,
  'neighbour',
  'show',
  'dev',
  device,
  'nud',
  'permanent',
];
export const READ_FDB: Question = (device) => ['bridge', '-json', 'fdb', 'show', 'dev', device];

/** A fourth one, about the device itself. */
export const READ_LINK: Question = (device) => ['ip', '-json', '-details', 'link', 'show', 'dev', device];

/** Its answer; undefined for a device that is no VXLAN. */
export function linkFromKernel(link: string): VxlanLink | undefined {
  interface Row {
    readonly address?: string;
    readonly linkinfo?: {
      readonly info_kind?: string;
      readonly info_data?: {
        id?: number;
        local?: string;
        local6?: string;
        link?: string;
        port?: number;
        learning?: boolean;
      };
    };
  }
  const [{ address = '', linkinfo } = {}] = rows<Row>(link);
  if (linkinfo?.info_kind !== 'vxlan') return undefined;
  const { id: vni = 0, local, local6, link: device = '', port = 0, learning = true } = linkinfo.info_data ?? {};
  return { vni, port, localAddress: local ?? local6 ?? '', device, mac: address, learning };
}

/** The answers of the three as entries. */
export function entriesFromKernel(routes: string, neighbours: string, fdb: string): VxlanEntries {
  return {
    routes: new Set(
      rows<{ dst: string; gateway?: string }>(routes)
        .filter(({ gateway }) => gateway !== undefined)
        .map(({ dst }) => dst),
    ),
    neighbours: new Map(
      rows<{ dst: string; lladdr?: string }>(neighbours).map(({ dst, lladdr = '' }) => [dst, lladdr]),
    ),
    fdb: new Map(
      rows<{ mac: string; dst?: string }>(fdb).flatMap(({ mac, dst }) =>
        dst === undefined ? [] : [[mac, dst] as const],
      ),
    ),
  };
}

/** iproute2 prints nothing at all for an empty list. */
function rows<T>(json: string): T[] {
  return json.trim() === '' ? [] : (JSON.parse(json) as T[]);
}
