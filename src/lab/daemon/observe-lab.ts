/** Keeps an eye on the API for snapshots and for finding pods by name. */
import { existsSync } from 'node:fs';
import { InformerFactory } from '../../client/informer-factory.ts';
import { ENDPOINT_SLICES, NODES, PODS, SERVICES } from '../../objects/resource.ts';
import type { Transport } from '../../objects/transport.ts';
import type { Pod } from '../../objects/wire.ts';
import { type ProxyState, snapshotOf } from '../snapshot.ts';
import type { DaemonContext } from './daemon-context.ts';
import { SnapshotFeed } from './snapshot-feed.ts';

export const KUBERNETES_VERSION = 'v1.36.0';

export interface LabObserver {
  readonly snapshots: SnapshotFeed;
  /** By `namespace/name`, or by name alone in the default namespace. */
  findPod(name: string): Pod | undefined;
}

/** Resolves when everything there is has been listed. `proxies` is asked anew for each snapshot. */
export async function observeLab(
  { plan, timings }: DaemonContext,
  transport: Transport,
  createdAt: Date,
  proxies: () => ReadonlyMap<string, ProxyState>,
): Promise<LabObserver> {
  const factory = new InformerFactory(transport);
  const [nodes, pods, services, slices] = [
    factory.informer(NODES),
    factory.informer(PODS),
    factory.informer(SERVICES),
    factory.informer(ENDPOINT_SLICES),
  ];
  const warnings = hostWarnings();
  const snapshots = new SnapshotFeed(() =>
    snapshotOf(
      plan,
      {
        nodes: nodes.list(),
        pods: pods.list(),
        services: services.list(),
        slices: slices.list(),
        proxies: proxies(),
        warnings,
      },
      { createdAt: createdAt.toISOString(), kubernetesVersion: KUBERNETES_VERSION, timings: timings.parts },
    ),
  );
  for (const informer of [nodes, pods, services, slices]) informer.onChange(() => snapshots.changed());
  await factory.start();
  return {
    snapshots,
    findPod: (name) => pods.get(name.includes('/') ? name : `default/${name}`),
  };
}

/** What of a cluster this host cannot give the lab, although there is a lab. */
function hostWarnings(): string[] {
  if (existsSync('/proc/sys/net/bridge')) return [];
  return [
    'the kernel has no br_netfilter: a pod does not reach a Service whose chosen pod is on its own node (podwire check)',
  ];
}
