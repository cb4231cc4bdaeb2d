/**
 * Decides what to do next for a pod that is not being deleted: which containers to start now, which wait and until when.
 * Pure: the pod's spec and the records of its containers in, actions out.
 */
import type { Container, PodSpec } from '../../objects/wire.ts';
import { ephemeralContainers } from './all-containers.ts';
import { backOffMs } from './back-off.ts';
import { type ContainerRecord, lastEnd } from './container-record.ts';

export interface PodActions {
  /** Containers to start now. */
  readonly start: readonly Container[];
  /** Containers that wait before they are started again: until when (ms), for how long in all. */
  readonly backOff: readonly { readonly container: Container; readonly until: number; readonly waitMs: number }[];
  /** Sidecars and ephemeral containers to stop: the pod's own containers have all finished. */
  readonly stop: readonly Container[];
  /** Nothing will ever be started again, and nothing runs. */
  readonly finished: boolean;
}

type Records = ReadonlyMap<string, ContainerRecord>;
type Verdict = 'running' | 'succeeded' | 'failed' | 'start';

/** An init container that goes on running beside the others. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

/** What to do now (`now` in ms since the epoch). */
export function podActions(spec: PodSpec, records: Records, now: number): PodActions {
  const policy = spec.restartPolicy ?? 'Always';
  const startable: Container[] = [];
  const verdicts = spec.containers.map((container) => verdictOf(records.get(container.name), policy));
  const over = verdicts.every((verdict) => verdict === 'succeeded' || verdict === 'failed');
  const sidecars = (spec.initContainers ?? []).filter(isSidecar);
  const added = ephemeralContainers(spec);
  const running = [...sidecars, ...added].filter(({ name }) => records.get(name)?.state.kind === 'running');
  if (over) return { start: [], backOff: [], stop: running, finished: running.length === 0 };
  const init = initStage(spec, records, policy);
  startable.push(...init.start);
  if (init.failed) return { start: [], backOff: [], stop: running, finished: running.length === 0 };
  // They are started once, whatever the others do, and never again.
  startable.push(...added.filter(({ name }) => (records.get(name)?.id ?? '') === ''));
  if (init.done) startable.push(...spec.containers.filter((_container, index) => verdicts[index] === 'start'));
  return { ...schedule(startable, records, now), stop: [], finished: false };
}

/** Init containers run one after another; a sidecar lets the next begin once it has started. */
function initStage(
  spec: PodSpec,
  records: Records,
  policy: string,
): { start: Container[]; done: boolean; failed: boolean } {
  const start: Container[] = [];
  // Once a container of the pod has run, init containers that have ended are over for good.
  const initialized = spec.containers.some(({ name }) => (records.get(name)?.id ?? '') !== '');
  for (const container of spec.initContainers ?? []) {
    const record = records.get(container.name);
    if (isSidecar(container)) {
      if (verdictOf(record, 'Always') === 'start') start.push(container);
      if (!initialized && record?.started !== true) return { start, done: false, failed: false };
      continue;
    }
    if (initialized) continue;
    // For init containers Always means: until they succeed.
    const verdict = verdictOf(record, policy === 'Never' ? 'Never' : 'OnFailure');
    if (verdict === 'succeeded') continue;
    if (verdict === 'start') start.push(container);
    return { start, done: false, failed: verdict === 'failed' };
  }
  return { start, done: true, failed: false };
}

/** `start` for one that has never run or is to run again. */
function verdictOf(record: ContainerRecord | undefined, policy: string): Verdict {
  if (record === undefined) return 'start';
  if (record.state.kind === 'running') return 'running';
  const end = lastEnd(record);
  if (end === undefined || policy === 'Always') return 'start';
  if (end.exitCode === 0) return 'succeeded';
  return policy === 'OnFailure' ? 'start' : 'failed';
}

function schedule(
  containers: readonly Container[],
  records: Records,
  now: number,
): Pick<PodActions, 'start' | 'backOff'> {
  const start: Container[] = [];
  const backOff: PodActions['backOff'][number][] = [];
  for (const container of containers) {
    const record = records.get(container.name);
    const waitMs = backOffMs(record?.failures ?? 0);
    const until = (record?.endedAt ?? 0) + waitMs;
    if (until > now && waitMs > 0) backOff.push({ container, until, waitMs });
    else start.push(container);
  }
  return { start, backOff };
}
