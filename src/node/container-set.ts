/**
 * The containers of one pod: starts instances, keeps a record of each, watches their ends and probes. It carries out what
 * the pod's worker decided and calls `changed` when something happened.
 */
import { timestamp } from '../objects/timestamp.ts';
import type { Container, Pod } from '../objects/wire.ts';
import { ContainerInstance, containerSpec } from './container-instance.ts';
import type { NodeContext } from './node-context.ts';
import { allContainers, allStatuses } from './pod/all-containers.ts';
import { failuresAfter, goDuration } from './pod/back-off.ts';
import { ContainerConfigError } from './pod/config-source.ts';
import { type ContainerRecord, lastEnd, newRecord, recordFromStatus, type Terminated } from './pod/container-record.ts';
import { MountError } from './pod/mount-error.ts';
import { terminationMessage } from './pod/termination-message.ts';
import type { PodEvents } from './pod-events.ts';
import type { PodSandbox } from './pod-sandbox.ts';
import type { ProbeKind, ProbeListener } from './probes/prober.ts';
import type { ContainerExit, ContainerSpec, RunningContainer } from './runtime/container-runtime.ts';
import { resolveImage } from './standins/images.ts';

/** What a container of a daemon that died is taken to have ended with. */
const LOST: ContainerExit = { code: 137 };
const START_ERROR_CODE = 128;
const START_ERROR_WORDS =
  'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: ' +
  'unable to start container process: error during container init: ';

export class ContainerSet {
  readonly #context: NodeContext;
  readonly #sandbox: PodSandbox;
  readonly #events: PodEvents;
  readonly #changed: () => void;
  readonly #records = new Map<string, ContainerRecord>();
  readonly #instances = new Map<string, ContainerInstance>();
  /** The last instance that has ended, for `logs --previous` and for logs of a container that waits. */
  readonly #ended = new Map<string, RunningContainer[]>();
  /** Ends that are not in the records yet. */
  readonly #endings = new Set<Promise<void>>();
  #leaving = false;

  constructor(context: NodeContext, pod: Pod, sandbox: PodSandbox, events: PodEvents, changed: () => void) {
    this.#context = context;
    this.#sandbox = sandbox;
    this.#events = events;
    this.#changed = changed;
    const now = timestamp();
    for (const status of allStatuses(pod.status)) this.#records.set(status.name, recordFromStatus(status, now));
  }

  get records(): ReadonlyMap<string, ContainerRecord> {
    return this.#records;
  }

  /** The instances that run. */
  get instances(): readonly ContainerInstance[] {
    return [...this.#instances.values()];
  }

  /** The present instance, or the one before it; the last that ended when none runs. */
  find(name: string, previous: boolean): RunningContainer | undefined {
    const current = this.#instances.get(name)?.running;
    const ended = this.#ended.get(name) ?? [];
    const all = [...ended, ...(current === undefined ? [] : [current])];
    return all.at(previous ? -2 : -1);
  }

  instance(name: string): ContainerInstance | undefined {
    return this.#instances.get(name);
  }

  /** Containers that have not run yet get the word kubectl shows for them. */
  prepare(pod: Pod): void {
    const hasInit = (pod.spec?.initContainers ?? []).length > 0;
    for (const [index, { name }] of allContainers(pod.spec).entries()) {
      const waits = hasInit && index > 0;
      if (!this.#records.has(name))
        this.#records.set(name, newRecord(name, waits ? 'PodInitializing' : 'ContainerCreating'));
    }
  }

  /** Takes over what still runs of a former daemon; what does not has ended with it. */
  async adopt(pod: Pod): Promise<void> {
    for (const container of allContainers(pod.spec)) {
      const record = this.#records.get(container.name);
      if (record?.state.kind !== 'running') continue;
      const spec = await this.#specOf(pod, container, record.id);
      const running = await this.#context.options.runtime.adopt(this.#sandbox.place(pod), spec);
      if (running !== undefined && this.#sandbox.stood) {
        this.#probe(this.#follow(container, running), record.started);
        continue;
      }
      // Its network is gone: what still runs in the old one is no good.
      await running?.stop(0);
      this.#setEnd(container, LOST);
    }
  }

  /** Starts a new instance. Rejects when it is to be tried again later. */
  async start(pod: Pod, container: Container): Promise<void> {
    const former = this.#records.get(container.name);
    try {
      const spec = await this.#specOf(pod, container);
      this.#events.pulled(container);
      if (container.command === undefined && !resolveImage(spec.image).known) this.#events.unknownImage(container);
      this.#events.created(container);
      const running = await this.#context.options.runtime.start(this.#sandbox.place(pod), spec);
      const restartCount = former === undefined || former.id === '' ? 0 : former.restartCount + 1;
      this.#setRunning(container, running, restartCount, spec.terminationFile);
    } catch (error) {
      if (error instanceof MountError) throw error;
      const reason = error instanceof ContainerConfigError ? 'CreateContainerConfigError' : 'CreateContainerError';
      const { message } = error as Error;
      const base = former ?? newRecord(container.name, '');
      this.#records.set(container.name, { ...base, state: { kind: 'waiting', reason, message } });
      this.#events.failed(container, message);
      throw error;
    }
  }

  /** What the runtime needs to start it; `id` of an instance that runs already. */
  #specOf(pod: Pod, container: Container, id?: string): Promise<ContainerSpec> {
    const added = pod.spec?.ephemeralContainers?.find(({ name }) => name === container.name);
    const target = this.#records.get(added?.targetContainerName ?? '')?.id;
    const shared = pod.spec?.shareProcessNamespace === true ? ({ of: 'pod' } as const) : undefined;
    const processes = target === undefined || target === '' ? shared : { of: 'container' as const, id: target };
    const how = { ...(id === undefined ? {} : { id }), ...(processes === undefined ? {} : { processes }) };
    return containerSpec(this.#context, pod, container, this.#sandbox, how);
  }

  /** A container waits before its next start. */
  backOff(pod: Pod, container: Container, waitMs: number): void {
    const record = this.#records.get(container.name);
    const end = record === undefined ? undefined : lastEnd(record);
    if (record === undefined || end === undefined) return;
    const { name, namespace, uid } = pod.metadata ?? {};
    const message = `back-off ${goDuration(waitMs)} restarting failed container=${container.name} pod=${name}_${namespace}(${uid})`;
    if (record.state.kind === 'terminated') this.#events.backOff(container);
    this.#records.set(container.name, {
      ...record,
      state: { kind: 'waiting', reason: 'CrashLoopBackOff', message },
      last: end,
    });
  }

  /** From now on probes of life decide nothing: the pod is being deleted. */
  leave(): void {
    this.#leaving = true;
  }

  /** Ends an instance after its preStop hook, all of it by `deadline` (ms since the epoch). */
  async end(instance: ContainerInstance, deadline: number): Promise<void> {
    const { container, running } = instance;
    const left = () => Math.max(deadline - Date.now(), 0);
    const { preStop } = container.lifecycle ?? {};
    if (preStop !== undefined && left() > 0) {
      const failure = await instance.runHook(preStop, left());
      if (failure !== undefined) this.#events.hookFailed(container, 'PreStop', failure);
    }
    await running.stop(left());
  }

  /** Resolves when the records show every end that there has been. */
  async ended(): Promise<void> {
    await Promise.all(this.#endings);
  }

  /** Lets the runtime forget everything about the pod. */
  forget(): void {
    for (const running of [...this.#ended.values()].flat()) this.#context.options.runtime.forget(running.id);
  }

  #setRunning(
    container: Container,
    running: RunningContainer,
    restartCount: number,
    terminationFile: string | undefined,
  ): void {
    const former = this.#records.get(container.name);
    const last = former === undefined ? undefined : (lastEnd(former) ?? former.last);
    const started = container.startupProbe === undefined;
    this.#records.set(container.name, {
      name: container.name,
      id: running.id,
      state: { kind: 'running', startedAt: timestamp() },
      ...(last === undefined ? {} : { last }),
      restartCount,
      started,
      ready: started && container.readinessProbe === undefined,
      failures: former?.failures ?? 0,
      endedAt: former?.endedAt ?? 0,
    });
    void this.#begin(this.#follow(container, running, terminationFile));
  }

  #follow(container: Container, running: RunningContainer, terminationFile?: string): ContainerInstance {
    const place = { podIp: this.#sandbox.ips?.[0] ?? '', terminationFile };
    const instance = new ContainerInstance(this.#context, container, running, place);
    this.#instances.set(container.name, instance);
    const ending = running.exited
      .then((exit) => this.#onExit(instance, exit))
      .finally(() => this.#endings.delete(ending));
    this.#endings.add(ending);
    return instance;
  }

  /** What follows a start: unless the program could not be started at all, the event, the hook and the probes. */
  async #begin(instance: ContainerInstance): Promise<void> {
    const { container, running } = instance;
    const settled = new Promise<'runs'>((resolve) => setImmediate(() => resolve('runs')));
    const outcome = await Promise.race([running.exited, settled]);
    if (outcome !== 'runs' && outcome.startError !== undefined) return;
    this.#events.started(container);
    const { postStart } = container.lifecycle ?? {};
    if (postStart !== undefined) {
      const failure = await instance.runHook(postStart, 30_000);
      if (failure !== undefined) {
        this.#events.hookFailed(container, 'PostStart', failure);
        await running.stop(0);
      }
    }
    if (this.#instances.get(container.name) === instance) this.#probe(instance, false);
  }

  #probe(instance: ContainerInstance, hasStarted: boolean): void {
    const { container } = instance;
    const listener: ProbeListener = {
      failed: (kind, message) => this.#events.unhealthy(container, kind, message),
      verdict: (kind, healthy) => this.#onVerdict(instance, kind, healthy),
    };
    instance.probe(listener, hasStarted);
  }

  #onVerdict(instance: ContainerInstance, kind: ProbeKind, healthy: boolean): void {
    const { container } = instance;
    const record = this.#records.get(container.name);
    if (this.#instances.get(container.name) !== instance || record === undefined) return;
    if (kind === 'Readiness') {
      if (record.ready === healthy) return;
      this.#records.set(container.name, { ...record, ready: healthy });
    } else if (!healthy) {
      if (this.#leaving) return;
      this.#events.killedByProbe(container, kind);
      instance.stopProbing();
      void this.end(instance, Date.now() + this.#probeGraceMs(container));
      return;
    } else if (kind === 'Startup') {
      this.#records.set(container.name, { ...record, started: true, ready: container.readinessProbe === undefined });
    } else return;
    this.#changed();
  }

  #probeGraceMs({ livenessProbe }: Container): number {
    return (livenessProbe?.terminationGracePeriodSeconds ?? this.#graceSeconds) * 1000;
  }

  /** The pod's own grace, set by its worker. */
  #graceSeconds = 30;
  set graceSeconds(seconds: number) {
    this.#graceSeconds = seconds;
  }

  async #onExit(instance: ContainerInstance, exit: ContainerExit): Promise<void> {
    const { container, running } = instance;
    instance.stopProbing();
    if (this.#instances.get(container.name) === instance) this.#instances.delete(container.name);
    const kept = [...(this.#ended.get(container.name) ?? []), running];
    for (const old of kept.splice(0, Math.max(0, kept.length - 2))) this.#context.options.runtime.forget(old.id);
    this.#ended.set(container.name, kept);
    if (exit.startError !== undefined) this.#events.failed(container, START_ERROR_WORDS + exit.startError);
    const ranMs = Date.now() - instance.startedAt;
    const message = await terminationMessage(container, running, exit.code, instance.terminationFile);
    this.#setEnd(container, exit, ranMs, message);
    this.#changed();
  }

  #setEnd(container: Container, exit: ContainerExit, ranMs = 0, message?: string): void {
    const record = this.#records.get(container.name)!;
    const startedAt = record.state.kind === 'running' ? record.state.startedAt : timestamp();
    const isStartError = exit.startError !== undefined;
    const end: Terminated = {
      exitCode: isStartError ? START_ERROR_CODE : exit.code,
      reason: isStartError ? 'StartError' : exit.code === 0 ? 'Completed' : 'Error',
      ...(isStartError ? { message: START_ERROR_WORDS + exit.startError } : message === undefined ? {} : { message }),
      startedAt: isStartError ? '1970-01-01T00:00:00Z' : startedAt,
      finishedAt: timestamp(),
      containerId: record.id,
    };
    this.#records.set(container.name, {
      ...record,
      state: { kind: 'terminated', ...end },
      started: false,
      ready: false,
      failures: failuresAfter(record.failures, ranMs),
      endedAt: Date.now(),
    });
  }
}

/** True for what the user must mend before a start can succeed. */
export function isUsersError(error: unknown): error is Error {
  return error instanceof ContainerConfigError || error instanceof MountError;
}
