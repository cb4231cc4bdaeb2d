/** The entries of flannel.1 as the kernel tells them: what a plan starts from after a restart or a failure. */
import type { VxlanEntries, VxlanLink } from './vxlan.ts';

/** The three questions; each answers in JSON. */
export const READ_ROUTES = (device: string) => ['ip', '-json', 'route', 'show', 'dev', device] as const;
export const READ_NEIGHBOURS = (device: string) =>
  ['ip', '-json', 'neighbour', 'show', 'dev', device, 'nud', 'permanent'] as const;
export const READ_FDB = (device: string) => ['bridge', '-json', 'fdb', 'show', 'dev', device] as const;

/** A fourth one, about the device itself. */
export const READ_LINK = (device: string) => ['ip', '-json', '-details', 'link', 'show', 'dev', device] as const;

/** Its answer; undefined for a device that is no VXLAN. */
export function linkFromKernel(link: string): VxlanLink | undefined {
  interface Row {
    readonly address?: string;
    readonly linkinfo?: {
      readonly info_kind?: string;
      readonly info_data?: { id?: number; local?: string; link?: string; port?: number; learning?: boolean };
    };
  }
  const [{ address = '', linkinfo } = {}] = rows<Row>(link);
  if (linkinfo?.info_kind !== 'vxlan') return undefined;
  const {
    id: vni = 0,
    local: localAddress = '',
    link: device = '',
    port = 0,
    learning = true,
  } = linkinfo.info_data ?? {};
  return { vni, port, localAddress, device, mac: address, learning };
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
