/** The entries of flannel.1 as the kernel tells them: what a plan starts from after a restart or a failure. */
import type { VxlanEntries } from './vxlan.ts';

/** The three questions; each answers in JSON. */
export const READ_ROUTES = (device: string) => ['ip', '-json', 'route', 'show', 'dev', device] as const;
export const READ_NEIGHBOURS = (device: string) =>
  ['ip', '-json', 'neighbour', 'show', 'dev', device, 'nud', 'permanent'] as const;
export const READ_FDB = (device: string) => ['bridge', '-json', 'fdb', 'show', 'dev', device] as const;

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
