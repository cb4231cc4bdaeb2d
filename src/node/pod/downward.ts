/** The downward API: what `fieldRef` and `resourceFieldRef` say of a pod. Pure. */

import { quantityValue } from '../../objects/quantity.ts';
import type { Container, Pod } from '../../objects/wire.ts';

export interface PodPlacement {
  /** One per family, the primary first; none before the pod has a network. */
  readonly podIps: readonly string[];
  readonly hostIps: readonly string[];
  /** What a container without a limit may take: the node's allocatable. */
  readonly allocatable: Readonly<Record<string, string>>;
}

/** The value at `path` (`metadata.name`, `metadata.labels['app']`, `status.podIP`, …); throws for a path there is not. */
export function fieldValue(pod: Pod, path: string, { podIps, hostIps }: PodPlacement): string {
  const { metadata, spec } = pod;
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (keyed !== null) return metadata?.[keyed[1] as 'labels' | 'annotations']?.[keyed[2]!] ?? '';
  switch (path) {
    case 'metadata.name':
      return metadata?.name ?? '';
    case 'metadata.namespace':
      return metadata?.namespace ?? '';
    case 'metadata.uid':
      return metadata?.uid ?? '';
    case 'metadata.labels':
      return mapText(metadata?.labels);
    case 'metadata.annotations':
      return mapText(metadata?.annotations);
    case 'spec.nodeName':
      return spec?.nodeName ?? '';
    case 'spec.serviceAccountName':
      return spec?.serviceAccountName ?? 'default';
    case 'status.podIP':
      return podIps[0] ?? '';
    case 'status.podIPs':
      return podIps.join(',');
    case 'status.hostIP':
      return hostIps[0] ?? '';
    case 'status.hostIPs':
      return hostIps.join(',');
    default:
      throw new Error(`unsupported fieldPath: ${path}`);
  }
}

/** `limits.cpu`, `requests.memory` …: whole units of the divisor, rounded up, as Kubernetes gives them. */
export function resourceValue(
  container: Container,
  resource: string,
  divisor: string | undefined,
  { allocatable }: PodPlacement,
): string {
  const [list = '', name = ''] = resource.split(/\.(.*)/s, 2);
  if (list !== 'limits' && list !== 'requests') throw new Error(`unsupported container resource : ${resource}`);
  const { limits, requests } = container.resources ?? {};
  const given = list === 'limits' ? (limits?.[name] ?? allocatable[name]) : (requests?.[name] ?? limits?.[name]);
  const unit = divisor === undefined || divisor === '0' || divisor === '' ? 1 : quantityValue(divisor);
  return String(Math.ceil(quantityValue(given) / unit));
}

/** Labels and annotations as the downward API writes them: `key="value"`, sorted, one a line. */
function mapText(map: Readonly<Record<string, string>> = {}): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join('\n');
}
