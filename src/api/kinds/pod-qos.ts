/** Quality of service: Guaranteed, Burstable or BestEffort, from cpu and memory requests and limits. Pure. */

import { nanoValue } from '../../objects/quantity.ts';
import type { Pod } from '../../objects/wire.ts';

const COUNTED = ['cpu', 'memory'] as const;

/** The class a pod is born with. */
export function qosClass(pod: Pod): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const amount = (list: Record<string, string> | undefined, name: string) => nanoValue(list?.[name] ?? '0') ?? 0n;
  const pairs = containers.flatMap(({ resources }) =>
    COUNTED.map((name) => [amount(resources?.requests, name), amount(resources?.limits, name)] as const),
  );
  if (pairs.every(([request, limit]) => request === 0n && limit === 0n)) return 'BestEffort';
  return pairs.every(([request, limit]) => limit > 0n && request === limit) ? 'Guaranteed' : 'Burstable';
}
