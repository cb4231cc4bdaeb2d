/** What `kubectl get pods` shows of a pod: readiness, the one word of its status, restarts. Pure; after Kubernetes' printer. */
import type { Container, ContainerStatus, Pod } from '../../objects/wire.ts';
import { age } from './age.ts';

interface Summary {
  /** `1/2`. */
  readonly ready: string;
  /** `Running`, `CrashLoopBackOff`, `Init:0/1`, `Terminating`, … */
  readonly status: string;
  /** `3` or `3 (20s ago)`. */
  readonly restarts: string;
}

interface Restarts {
  count: number;
  /** RFC 3339; empty when nothing was restarted. */
  last: string;
}

/** The three cells READY, STATUS and RESTARTS. */
export function summarizePod(pod: Pod, now: number): Summary {
  const sidecars = new Set((pod.spec?.initContainers ?? []).filter(isSidecar).map(({ name }) => name));
  const total = (pod.spec?.containers.length ?? 0) + sidecars.size;
  const init = summarizeInit(pod, sidecars);
  let reason = init.reason ?? gated(pod) ?? (pod.status?.reason || pod.status?.phase || '');
  let { restarts, ready } = init;
  if (init.reason === undefined || hasCondition(pod, 'Initialized')) {
    restarts = init.sidecarRestarts;
    let running = false;
    for (const container of [...(pod.status?.containerStatuses ?? [])].reverse()) {
      restarts = addRestarts(restarts, container);
      const why = stateReason(container);
      if (why !== undefined) reason = why;
      else if (container.ready && container.state?.running !== undefined) {
        running = true;
        ready += 1;
      }
    }
    if (reason === 'Completed' && running) reason = hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
  }
  return {
    ready: `${ready}/${total}`,
    status: deletion(pod) ?? reason,
    restarts:
      restarts.count !== 0 && restarts.last !== ''
        ? `${restarts.count} (${age(restarts.last, now)} ago)`
        : `${restarts.count}`,
  };
}

function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

function hasCondition(pod: Pod, type: string): boolean {
  return pod.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
}

function gated(pod: Pod): string | undefined {
  const scheduled = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
  return scheduled?.reason === 'SchedulingGated' ? 'SchedulingGated' : undefined;
}

/** A pod that is being deleted says so, unless it has ended or its node is lost. */
function deletion(pod: Pod): string | undefined {
  if (pod.metadata?.deletionTimestamp === undefined) return undefined;
  if (pod.status?.reason === 'NodeLost') return 'Unknown';
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed' ? undefined : 'Terminating';
}

function addRestarts(sum: Restarts, container: ContainerStatus): Restarts {
  const last = container.lastState?.terminated?.finishedAt ?? '';
  // RFC 3339 texts of one zone compare as instants.
  const later = [sum.last, last].sort()[1] ?? '';
  return { count: sum.count + container.restartCount, last: later };
}

/** Why a container does not run; undefined when it does. */
function stateReason({ state }: ContainerStatus): string | undefined {
  if (state?.waiting?.reason) return state.waiting.reason;
  const ended = state?.terminated;
  if (ended === undefined) return undefined;
  return ended.reason || (ended.signal ? `Signal:${ended.signal}` : `ExitCode:${ended.exitCode}`);
}

interface InitSummary {
  /** Set while init containers still run or have failed. */
  readonly reason: string | undefined;
  readonly restarts: Restarts;
  readonly sidecarRestarts: Restarts;
  readonly ready: number;
}

/** Walks the init containers up to the first that has not finished. */
function summarizeInit(pod: Pod, sidecars: ReadonlySet<string>): InitSummary {
  let restarts: Restarts = { count: 0, last: '' };
  let sidecarRestarts: Restarts = { count: 0, last: '' };
  let ready = 0;
  for (const [index, container] of (pod.status?.initContainerStatuses ?? []).entries()) {
    restarts = addRestarts(restarts, container);
    const sidecar = sidecars.has(container.name);
    if (sidecar) sidecarRestarts = addRestarts(sidecarRestarts, container);
    if (container.state?.terminated?.exitCode === 0) continue;
    if (sidecar && container.started === true) {
      if (container.ready) ready += 1;
      continue;
    }
    const why = stateReason(container);
    const progress = `${index}/${pod.spec?.initContainers?.length ?? 0}`;
    const reason = `Init:${why === undefined || why === 'PodInitializing' ? progress : why}`;
    return { reason, restarts, sidecarRestarts, ready };
  }
  return { reason: undefined, restarts, sidecarRestarts, ready };
}
