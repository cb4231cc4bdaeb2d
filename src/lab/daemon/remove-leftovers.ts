/**
 * Stage of an adoption, before any kubelet looks: what a former daemon had begun or was about to remove and no object asks
 * for. A container counts as asked for when its pod's status says that it runs.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { allStatuses } from '../../node/pod/all-containers.ts';
import { tearDownVolumes } from '../../node/pod/volumes.ts';
import { podNetns } from '../../node/pod-netns.ts';
import type { ContainerRuntime } from '../../node/runtime/container-runtime.ts';
import { PODS } from '../../objects/resource.ts';
import type { Transport } from '../../objects/transport.ts';
import type { Pod } from '../../objects/wire.ts';
import { plannedNamespaces } from '../plan-lab.ts';
import { endProcesses } from '../tear-down.ts';
import type { DaemonContext, FormerState } from './daemon-context.ts';
import { hostServices } from './host-services.ts';

const DEADLINE_MS = 10_000;

/** Ends containers, removes sandboxes and volumes that belong to no pod. */
export async function removeLeftovers(
  { plan, kernel, directory }: DaemonContext,
  { recorded, standing }: FormerState,
  transport: Transport,
  runtime: ContainerRuntime,
): Promise<void> {
  const { items } = await transport.list(PODS);
  const bound = items.filter(({ spec, status }) => spec?.nodeName && !isFinished(status?.phase));
  const nodes = new Map(plan.nodes.map(({ name, netns }) => [name, netns]));
  // A container in the namespace of a node that is gone is gone from the network, whatever it does.
  const reachable = bound.filter(({ spec }) => !spec!.hostNetwork || standing.has(nodes.get(spec!.nodeName!) ?? ''));
  const onHosts = hostServices(plan).filter(({ netns }) => standing.has(netns));
  const kept = new Set([...reachable.flatMap(runningContainers), ...onHosts.map(({ containerId }) => containerId)]);
  await runtime.endLeft(runtime.left().filter((id) => !kept.has(id)));
  const wanted = new Set([
    ...plannedNamespaces(plan),
    ...bound.map(({ metadata }) => podNetns(plan.name, metadata?.namespace ?? '', metadata?.name ?? '')),
  ]);
  const unwanted = [...recorded.namespaces].filter(([name]) => !wanted.has(name) && standing.has(name));
  const left = { ...recorded, mark: undefined, processes: [], namespaces: new Map(unwanted) };
  if (unwanted.length > 0) await endProcesses(left, Date.now() + DEADLINE_MS);
  await kernel.deleteNamespaces(unwanted.map(([name]) => name));
  const vanished = [...recorded.namespaces.keys()].filter((name) => name.split('.').length > 2 && !standing.has(name));
  await kernel.forgetNamespaces(vanished);
  const uids = new Set(bound.map(({ metadata }) => metadata?.uid ?? ''));
  for (const uid of volumesIn(join(directory.containers, 'pods'))) {
    if (!uids.has(uid)) tearDownVolumes(join(directory.containers, 'pods', uid));
  }
}

function isFinished(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

function runningContainers({ status }: Pod): string[] {
  return allStatuses(status)
    .filter(({ state }) => state?.running !== undefined)
    .map(({ containerID = '' }) => containerID.replace(/^podwire:\/\//, ''));
}

function volumesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    // No pod has had a volume yet.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
