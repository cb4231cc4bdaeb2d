/** The container runtime of one lab: chooses between a confined program and a stand-in, and keeps neither's state. */
import { join } from 'node:path';
import type { Kernel } from '../../kernel/kernel.ts';
import type { StandInClient } from '../standins/stand-in-client.ts';
import { makeApplets } from './applets.ts';
import type { ContainerRuntime, ContainerSpec, PodPlace, RunningContainer } from './container-runtime.ts';
import { type OwnPrograms, prepareHostTree } from './host-tree.ts';
import { LeftPrograms } from './left-programs.ts';
import type { HostTree } from './mount-table.ts';
import { isPause, PodProcesses } from './pod-processes.ts';
import { adoptProgram, ProgramContainer, type ProgramHost } from './program-container.ts';
import { adoptStandIn, ENVIRONMENT_SUFFIX, StandInContainer } from './stand-in-container.ts';

export interface HostRuntimeOptions {
  readonly kernel: Kernel;
  /** The lab's own, absolute: base trees, layers of running containers. Removed with the lab. */
  readonly directory: string;
  readonly standIns: StandInClient;
  /** Directories of the host no container may see into: the state of all labs. */
  readonly hidden?: readonly string[];
  /** podwire's own programs in containers, `/agnhost` among them. */
  readonly ownPrograms?: OwnPrograms;
}

/** The runtime that every kubelet of the lab uses. */
export function hostRuntime({
  kernel,
  directory,
  standIns,
  hidden = [],
  ownPrograms,
}: HostRuntimeOptions): ContainerRuntime {
  let tree: HostTree | undefined;
  const host: ProgramHost = {
    kernel,
    // Made for the first program: sixty files, which a lab of stand-ins never needs and its start should not wait for.
    get tree() {
      tree ??= prepareHostTree(join(directory, 'tree'), [directory, ...hidden], ownPrograms);
      return tree;
    },
    directory: join(directory, 'containers'),
    left: new LeftPrograms(kernel, join(directory, 'containers')),
  };
  /** Those that run, for a kubelet that is started again within this daemon. */
  const programs = new Map<string, ProgramContainer>();
  let applets: Promise<void> | undefined;
  const startProgram = async (pod: PodPlace, spec: ContainerSpec, argv: readonly [string, ...string[]]) => {
    if (spec.applets !== undefined) {
      applets ??= makeApplets(kernel, host.tree.applets);
      await applets;
    }
    const joins = await processToJoin(pod, spec);
    const container = new ProgramContainer(host, pod, spec, argv, joins === undefined ? {} : { joins });
    keep(container);
    await container.runs();
    return container;
  };
  const keep = (container: ProgramContainer) => {
    programs.set(container.id, container);
    void container.exited.then(() => programs.delete(container.id));
  };
  const shared = new PodProcesses(host);
  const processToJoin = async (pod: PodPlace, { processes }: ContainerSpec): Promise<number | undefined> => {
    if (processes?.of === 'pod') return shared.enter(pod);
    // A stand-in has no processes to share.
    return processes === undefined ? undefined : programs.get(processes.id)?.enterable();
  };
  return {
    async start(pod: PodPlace, spec: ContainerSpec): Promise<RunningContainer> {
      if ('argv' in spec.run) return startProgram(pod, spec, spec.run.argv);
      const container = new StandInContainer(standIns, host, pod, spec, spec.run);
      await container.started;
      return container;
    },
    async adopt(pod, spec) {
      if ('argv' in spec.run) {
        const adopted = programs.get(spec.id) ?? (await adoptProgram(host, pod, spec, spec.run.argv));
        if (adopted !== undefined) keep(adopted);
        return adopted;
      }
      if (!standIns.knows(spec.id)) return undefined;
      return adoptStandIn(standIns, host, pod, spec, spec.run);
    },
    left() {
      const ids = host.left.ids().filter((id) => !isPause(id));
      const programs = ids.map((id) => id.replace(new RegExp(`${ENVIRONMENT_SUFFIX}$`), ''));
      return [...new Set([...standIns.running, ...programs])];
    },
    async endLeft(ids) {
      host.left.endSessions();
      const programs = ids.flatMap((id) => [id, id + ENVIRONMENT_SUFFIX]);
      await Promise.all([standIns.endLeft(ids), ...programs.map((id) => host.left.end(id))]);
    },
    endPod: (uid) => shared.end(uid),
    forget: (id) => standIns.forget(id),
  };
}
