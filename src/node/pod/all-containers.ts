/** Every container of a pod, of whatever sort. Pure. */
import type { Container, ContainerStatus, PodSpec, PodStatus } from '../../objects/wire.ts';

/** Init containers first, ephemeral ones last. */
export function allContainers(spec: PodSpec | undefined): Container[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? []), ...ephemeralContainers(spec)];
}

/** Those that somebody has added to a pod that ran (`kubectl debug`). */
export function ephemeralContainers(spec: PodSpec | undefined): Container[] {
  return (spec?.ephemeralContainers ?? []).map(({ targetContainerName: _target, ...container }) => container);
}

/** The status of each container that has one. */
export function allStatuses(status: PodStatus | undefined): ContainerStatus[] {
  return [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
}
