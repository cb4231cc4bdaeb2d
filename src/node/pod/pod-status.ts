/** The status of a pod from what the kubelet knows of it: phase, conditions, container statuses. Pure. */
import type { Container, ContainerStatus, Pod, PodCondition, PodStatus } from '../../objects/wire.ts';
import { ephemeralContainers } from './all-containers.ts';
import { type ContainerRecord, lastEnd, type Terminated } from './container-record.ts';
import { isSidecar } from './pod-actions.ts';

export interface PodFacts {
  readonly pod: Pod;
  /** The status this one follows: a condition that stays as it is keeps its time. */
  readonly former: PodStatus | undefined;
  readonly records: ReadonlyMap<string, ContainerRecord>;
  /** Undefined before the pod has a network. */
  readonly ips: readonly string[] | undefined;
  readonly hostIps: readonly string[];
  /** Every container that is to end has ended for good. */
  readonly finished: boolean;
  /** The pod has failed as a whole, whatever its containers ended with. */
  readonly failure?: { readonly reason: string; readonly message: string } | undefined;
  /** RFC 3339, whole seconds. */
  readonly now: string;
}

/** Everything the kubelet writes of a status. */
export function podStatus(facts: PodFacts): PodStatus {
  const { pod, records, ips = [], hostIps, now } = facts;
  const spec = pod.spec!;
  const phase = phaseOf(facts);
  const statuses = (containers: readonly Container[], isInit: boolean) =>
    containers.flatMap((container) => {
      const record = records.get(container.name);
      return record === undefined ? [] : [containerStatus(container, record, isInit)];
    });
  const init = statuses(spec.initContainers ?? [], true);
  const ephemeral = statuses(ephemeralContainers(spec), false);
  return {
    phase,
    ...(facts.failure === undefined ? {} : facts.failure),
    conditions: conditionsOf(facts, phase),
    hostIP: hostIps[0] ?? '',
    hostIPs: hostIps.map((ip) => ({ ip })),
    ...(ips[0] === undefined ? {} : { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
    startTime: facts.former?.startTime ?? now,
    ...(init.length > 0 ? { initContainerStatuses: init } : {}),
    containerStatuses: statuses(spec.containers, false),
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: ephemeral } : {}),
    qosClass: pod.status?.qosClass ?? 'BestEffort',
  };
}

function phaseOf({ pod, records, finished, failure }: PodFacts): string {
  const spec = pod.spec!;
  if (failure !== undefined) return 'Failed';
  if (finished) {
    const ends = [...(spec.initContainers ?? []).filter((container) => !isSidecar(container)), ...spec.containers]
      .map(({ name }) => records.get(name))
      .map((record) => (record === undefined ? undefined : lastEnd(record)));
    return ends.every((end) => end?.exitCode === 0) ? 'Succeeded' : 'Failed';
  }
  const hasRun = spec.containers.some(({ name }) => (records.get(name)?.id ?? '') !== '');
  return hasRun ? 'Running' : 'Pending';
}

function containerStatus(container: Container, record: ContainerRecord, isInit: boolean): ContainerStatus {
  const { state, last } = record;
  return {
    name: record.name,
    image: container.image ?? '',
    imageID: record.id === '' ? '' : `podwire://${container.image ?? ''}`,
    ...(record.id === '' ? {} : { containerID: `podwire://${record.id}` }),
    // An init container is ready when it has done its work.
    ready: record.ready || (isInit && state.kind === 'terminated' && state.exitCode === 0),
    started: record.started,
    restartCount: record.restartCount,
    state:
      state.kind === 'running'
        ? { running: { startedAt: state.startedAt } }
        : state.kind === 'waiting'
          ? { waiting: { reason: state.reason, ...(state.message === undefined ? {} : { message: state.message }) } }
          : { terminated: terminatedState(state) },
    lastState: last === undefined ? {} : { terminated: terminatedState(last) },
  };
}

function terminatedState(end: Terminated): NonNullable<NonNullable<ContainerStatus['state']>['terminated']> {
  return {
    exitCode: end.exitCode,
    ...(end.signal === undefined ? {} : { signal: end.signal }),
    reason: end.reason,
    ...(end.message === undefined ? {} : { message: end.message }),
    startedAt: end.startedAt,
    finishedAt: end.finishedAt,
    containerID: `podwire://${end.containerId}`,
  };
}

type Verdict = { readonly status: boolean; readonly reason?: string; readonly message?: string };

function conditionsOf(facts: PodFacts, phase: string): PodCondition[] {
  const { pod, former: formerStatus, ips, now } = facts;
  const containersReady = readyVerdict(facts, phase);
  const verdicts: Record<string, Verdict> = {
    PodReadyToStartContainers: { status: ips !== undefined && !facts.finished },
    Initialized: initVerdict(facts, phase),
    Ready: gateVerdict(pod, containersReady),
    ContainersReady: containersReady,
    PodScheduled: { status: true },
  };
  return Object.entries(verdicts).map(([type, { status, reason, message }]) => {
    const text = status ? 'True' : 'False';
    const former = formerStatus?.conditions?.find((condition) => condition.type === type);
    return {
      type,
      status: text,
      lastTransitionTime: former?.status === text ? (former.lastTransitionTime ?? now) : now,
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
    };
  });
}

function initVerdict({ pod, records }: PodFacts, phase: string): Verdict {
  if (phase === 'Succeeded') return { status: true, reason: 'PodCompleted' };
  const incomplete = (pod.spec!.initContainers ?? []).filter((container) => {
    const record = records.get(container.name);
    if (record === undefined) return true;
    return isSidecar(container) ? !record.started : lastEnd(record)?.exitCode !== 0;
  });
  const started = pod.spec!.containers.some(({ name }) => (records.get(name)?.id ?? '') !== '');
  if (incomplete.length === 0 || started) return { status: true };
  return {
    status: false,
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${incomplete.map(({ name }) => name).join(' ')}]`,
  };
}

function readyVerdict({ pod, records }: PodFacts, phase: string): Verdict {
  if (phase === 'Succeeded') return { status: false, reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: false, reason: 'PodFailed' };
  const all = [...(pod.spec!.initContainers ?? []).filter(isSidecar), ...pod.spec!.containers];
  const unready = all.filter(({ name }) => records.get(name)?.ready !== true).map(({ name }) => name);
  if (unready.length === 0) return { status: true };
  return {
    status: false,
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${unready.join(' ')}]`,
  };
}

/** Ready asks for the pod's readiness gates besides. */
function gateVerdict(pod: Pod, containersReady: Verdict): Verdict {
  if (!containersReady.status) return containersReady;
  const missing = (pod.spec!.readinessGates ?? [])
    .map(({ conditionType }) => conditionType)
    .filter((type) => pod.status?.conditions?.find((condition) => condition.type === type)?.status !== 'True');
  if (missing.length === 0) return containersReady;
  return {
    status: false,
    reason: 'ReadinessGatesNotReady',
    message: missing
      .map((type) => `corresponding condition of pod readiness gate "${type}" does not exist.`)
      .join(', '),
  };
}
