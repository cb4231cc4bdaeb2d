/** What the kubelet knows of one container of a pod: the state that becomes a ContainerStatus. Plain data, replaced, not changed. */
import type { ContainerStatus } from '../../objects/wire.ts';

export interface Terminated {
  readonly exitCode: number;
  readonly signal?: number;
  /** `Completed`, `Error`, `StartError`. */
  readonly reason: string;
  readonly message?: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly containerId: string;
}

export type ContainerState =
  | { readonly kind: 'waiting'; readonly reason: string; readonly message?: string }
  | { readonly kind: 'running'; readonly startedAt: string }
  | ({ readonly kind: 'terminated' } & Terminated);

export interface ContainerRecord {
  readonly name: string;
  /** The id of the present or last instance; empty before the first. */
  readonly id: string;
  readonly state: ContainerState;
  readonly last?: Terminated;
  readonly restartCount: number;
  /** The startup probe has passed (or there is none) and the container runs. */
  readonly started: boolean;
  /** The readiness probe's verdict (true without one) of a started container. */
  readonly ready: boolean;
  /** Ends in a row, and when the last one was (ms since the epoch), for the back-off. */
  readonly failures: number;
  readonly endedAt: number;
}

/** A container that has never run. */
export function newRecord(name: string, reason: string): ContainerRecord {
  return {
    name,
    id: '',
    state: { kind: 'waiting', reason },
    restartCount: 0,
    started: false,
    ready: false,
    failures: 0,
    endedAt: 0,
  };
}

/** How the last instance ended: its present state, or the state before the wait for a restart. */
export function lastEnd(record: ContainerRecord): Terminated | undefined {
  return record.state.kind === 'terminated' ? record.state : record.state.kind === 'waiting' ? record.last : undefined;
}

/** The record of a container whose pod was known to the API before this kubelet started. */
export function recordFromStatus(status: ContainerStatus, now: string): ContainerRecord {
  const id = (status.containerID ?? '').replace(/^podwire:\/\//, '');
  // Since 1.35 a restarted kubelet leaves the probes' verdicts of running containers as they are until there are new ones.
  const isRunning = status.state?.running !== undefined;
  const base = {
    name: status.name,
    id,
    restartCount: status.restartCount,
    started: isRunning && status.started === true,
    ready: isRunning && status.ready,
    failures: 0,
    endedAt: 0,
  };
  const ended = status.state?.terminated ?? status.lastState?.terminated;
  const last = ended === undefined ? undefined : terminatedOf(ended, now);
  if (status.state?.terminated !== undefined && last !== undefined) {
    return { ...base, state: { kind: 'terminated', ...last } };
  }
  if (status.state?.running !== undefined) {
    const startedAt = status.state.running.startedAt ?? now;
    return { ...base, state: { kind: 'running', startedAt }, ...(last === undefined ? {} : { last }) };
  }
  const reason = status.state?.waiting?.reason ?? 'ContainerCreating';
  return { ...base, state: { kind: 'waiting', reason }, ...(last === undefined ? {} : { last }) };
}

function terminatedOf(
  ended: NonNullable<NonNullable<ContainerStatus['state']>['terminated']>,
  now: string,
): Terminated {
  return {
    exitCode: ended.exitCode,
    reason: ended.reason ?? (ended.exitCode === 0 ? 'Completed' : 'Error'),
    startedAt: ended.startedAt ?? now,
    finishedAt: ended.finishedAt ?? now,
    containerId: (ended.containerID ?? '').replace(/^podwire:\/\//, ''),
    ...(ended.signal === undefined ? {} : { signal: ended.signal }),
    ...(ended.message === undefined ? {} : { message: ended.message }),
  };
}
