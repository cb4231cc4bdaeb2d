/**
 * One pod on its node, from its arrival to its removal. Each sync looks at the pod and at its containers, asks
 * `podActions` what to do, has it done, and publishes the status. Syncs of one pod never overlap.
 */

import { CoalescingRunner } from '../client/coalescing-runner.ts';
import { PODS } from '../objects/resource.ts';
import { timerMs } from '../objects/timer.ts';
import { timestamp } from '../objects/timestamp.ts';
import { hasReason } from '../objects/transport.ts';
import type { Pod } from '../objects/wire.ts';
import { ContainerSet, isUsersError } from './container-set.ts';
import type { NodeContext } from './node-context.ts';
import { isSidecar, podActions } from './pod/pod-actions.ts';
import { type PodFacts, podStatus } from './pod/pod-status.ts';
import { PodEvents } from './pod-events.ts';
import type { PodIdentity } from './pod-network-seam.ts';
import { PodSandbox } from './pod-sandbox.ts';
import { StatusWriter } from './status-writer.ts';

/**
 * A pod that takes longer to start is shown as ContainerCreating meanwhile; a quick one is spared the write. Where many start
 * together each takes longer: the writes of all would hold up their starts.
 */
const SHOW_CREATING_AFTER = { ms: 250, perPodMs: 10 };
/** How long a reference to something missing waits before it is looked for again. */
const RETRY_MISSING_MS = 2_000;
const DEFAULT_GRACE_SECONDS = 30;
const DEADLINE_EXCEEDED = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
};

export class PodWorker {
  readonly identity: PodIdentity;
  readonly containers: ContainerSet;
  /** Resolves when nothing of the pod is left on the node. */
  readonly gone: Promise<void>;
  readonly #context: NodeContext;
  readonly #sandbox: PodSandbox;
  readonly #events: PodEvents;
  readonly #writer: StatusWriter;
  readonly #runner: CoalescingRunner;
  #resolveGone: () => void = () => undefined;
  #pod: Pod;
  #adopted = false;
  #finished = false;
  #removed = false;
  #departing = false;
  #wake: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  /** Why the pod as a whole has failed. */
  #failure: PodFacts['failure'];

  constructor(context: NodeContext, pod: Pod) {
    const { namespace = 'default', name = '', uid = '' } = pod.metadata ?? {};
    this.identity = { namespace, name, uid };
    this.#context = context;
    this.#pod = pod;
    this.#events = new PodEvents(context.recorder, () => this.#pod);
    this.#sandbox = new PodSandbox(context, this.identity);
    this.containers = new ContainerSet(context, pod, this.#sandbox, this.#events, () => this.#onChange());
    this.#writer = new StatusWriter(context.options.transport, this.identity, (error) => this.#report('status', error));
    this.#writer.observe(pod);
    this.#runner = new CoalescingRunner(
      () => this.#sync(),
      (error) => this.#report('sync', error),
    );
    this.gone = new Promise((resolve) => {
      this.#resolveGone = resolve;
    });
    this.#finished = ['Succeeded', 'Failed'].includes(pod.status?.phase ?? '');
    const { phase, reason, message = '' } = pod.status ?? {};
    if (phase === 'Failed' && reason !== undefined) this.#failure = { reason, message };
    this.#wakeIn(SHOW_CREATING_AFTER.ms + context.podCount() * SHOW_CREATING_AFTER.perPodMs, () => {
      if (this.containers.instances.length === 0 && !this.#departing) this.#publish();
    });
    this.#runner.request();
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** Where the pod stands; undefined before it has an address. */
  get network(): PodSandbox['network'] {
    return this.#sandbox.network;
  }

  /** The pod has changed in the API. */
  update(pod: Pod): void {
    const before = graceMs(this.#pod);
    this.#pod = pod;
    this.#writer.observe(pod);
    // A second, shorter delete cuts the grace that already runs.
    if (this.#departing && graceMs(pod) < before) {
      for (const { running } of this.containers.instances) void running.stop(graceMs(pod));
    }
    this.#runner.request();
  }

  /** The pod is gone from the API: nothing of it may stay. */
  remove(): void {
    this.#removed = true;
    this.#writer.stop();
    if (this.#departing) for (const { running } of this.containers.instances) void running.stop(0);
    this.#runner.request();
  }

  /** Resolves when every change seen so far has been acted on. */
  async settled(): Promise<void> {
    await this.#runner.settled();
    await this.#writer.settled();
  }

  /** Lets go: containers and sandbox stay as they are, for the kubelet that comes after. */
  async stop(): Promise<void> {
    clearTimeout(this.#wake);
    clearTimeout(this.#deadline);
    this.#writer.stop();
    this.#sandbox.stop();
    for (const instance of this.containers.instances) instance.stopProbing();
    await this.#runner.stop();
  }

  async #sync(): Promise<void> {
    if (this.#departing) return;
    if (this.#removed || this.#pod.metadata?.deletionTimestamp !== undefined) {
      await this.#depart();
      return;
    }
    if (this.#finished) return;
    if (this.#isOverdue()) {
      await this.#expire();
      return;
    }
    if (!(await this.#prepare())) return;
    const pod = this.#pod;
    const actions = podActions(pod.spec!, this.containers.records, Date.now());
    for (const { container, waitMs } of actions.backOff) this.containers.backOff(pod, container, waitMs);
    for (const { name } of actions.stop) void this.containers.instance(name)?.running.stop(graceMs(pod));
    const starts = await Promise.allSettled(actions.start.map((container) => this.containers.start(pod, container)));
    const wakeAt = Math.min(...actions.backOff.map(({ until }) => until));
    if (Number.isFinite(wakeAt)) this.#wakeIn(Math.max(wakeAt - Date.now(), 0));
    const failed = starts.find((start) => start.status === 'rejected');
    this.#finished = actions.finished;
    this.#publish();
    if (failed !== undefined) this.#retryLater(failed.reason);
    if (this.#finished) await this.#sandbox.remove(pod);
    // A sidecar that has started lets the next container begin.
    else if (actions.start.some(isSidecar)) this.#runner.request();
  }

  /** True when the pod has been on the node for its `activeDeadlineSeconds`; else looks again then. */
  #isOverdue(): boolean {
    const { activeDeadlineSeconds } = this.#pod.spec ?? {};
    const since = this.#pod.status?.startTime;
    if (activeDeadlineSeconds === undefined || since === undefined) return false;
    const left = Date.parse(since) + activeDeadlineSeconds * 1000 - Date.now();
    if (left <= 0) return true;
    this.#deadline ??= setTimeout(() => {
      this.#deadline = undefined;
      void this.#runner.request();
    }, timerMs(left));
    return false;
  }

  /** Ends a pod that has outlived its deadline. It stays, Failed, to be looked at. */
  async #expire(): Promise<void> {
    this.#events.deadlineExceeded();
    this.#failure = DEADLINE_EXCEEDED;
    if (!this.#adopted) await this.#adoptToEnd();
    await this.#endContainers(Date.now() + graceMs(this.#pod));
    this.#finished = true;
    this.#publish();
    await this.#sandbox.remove(this.#pod);
  }

  /** Network, volumes, and what a former daemon left. False when it is to be tried again later. */
  async #prepare(): Promise<boolean> {
    const pod = this.#pod;
    this.containers.prepare(pod);
    this.containers.graceSeconds = pod.spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
    try {
      await this.#sandbox.connect(pod);
    } catch (error) {
      this.#events.failedSandbox((error as Error).message);
      throw error;
    }
    try {
      await this.#sandbox.mount(pod);
      if (!this.#adopted) await this.containers.adopt(pod);
      this.#adopted = true;
      return true;
    } catch (error) {
      this.#retryLater(error);
      return false;
    }
  }

  /** What the user must mend is shown and looked at again now and then; anything else is thrown, to be tried again at once. */
  #retryLater(error: unknown): void {
    if (!isUsersError(error)) throw error;
    if (error.name === 'MountError') this.#events.failedMount(error.message);
    this.#publish();
    this.#wakeIn(RETRY_MISSING_MS);
  }

  /** Ends the pod; what fails of it is tried again. */
  async #depart(): Promise<void> {
    if (!this.#adopted) await this.#adoptToEnd();
    this.#departing = true;
    try {
      await this.#leave();
    } catch (error) {
      this.#departing = false;
      throw error;
    }
    this.#writer.stop();
    clearTimeout(this.#wake);
    clearTimeout(this.#deadline);
    this.containers.forget();
    this.#resolveGone();
  }

  /** Ends the containers gracefully, then removes the sandbox and, last, the pod itself from the API. */
  async #leave(): Promise<void> {
    await this.#endContainers(Date.now() + (this.#removed ? 0 : graceMs(this.#pod)));
    this.#finished = true;
    if (!this.#removed) this.#publish();
    await this.#writer.settled();
    await this.#sandbox.remove(this.#pod);
    await this.#deleteObject();
  }

  /** What a former kubelet left running ends as gracefully as any, or at once if it cannot be taken over. */
  async #adoptToEnd(): Promise<void> {
    const running = [...this.containers.records.values()].filter(({ state }) => state.kind === 'running');
    if (running.length === 0) return;
    const isAdopted = await this.#prepare().catch(() => false);
    if (!isAdopted) await this.#context.options.runtime.endLeft(running.map(({ id }) => id));
  }

  /** The pod's own containers first, then its sidecars; resolves when the records show their ends. */
  async #endContainers(deadline: number): Promise<void> {
    this.containers.leave();
    const sidecars = new Set((this.#pod.spec?.initContainers ?? []).filter(isSidecar).map(({ name }) => name));
    const main = this.containers.instances.filter(({ container }) => !sidecars.has(container.name));
    await Promise.all(main.map((instance) => this.#end(instance, deadline)));
    await Promise.all(this.containers.instances.map((instance) => this.#end(instance, deadline)));
    await this.containers.ended();
  }

  async #end(instance: ContainerSet['instances'][number], deadline: number): Promise<void> {
    if (!this.#removed) this.#events.stopping(instance.container);
    await this.containers.end(instance, deadline);
  }

  /** The uid keeps a successor of the same name from harm. */
  async #deleteObject(): Promise<void> {
    if (this.#removed) return;
    const { namespace, name, uid } = this.identity;
    try {
      await this.#context.options.transport.delete(
        PODS,
        { namespace, name },
        { gracePeriodSeconds: 0, preconditions: { uid } },
      );
    } catch (error) {
      if (!hasReason(error, 'NotFound') && !hasReason(error, 'Conflict')) throw error;
    }
  }

  #onChange(): void {
    if (this.#departing) this.#publish();
    else this.#runner.request();
  }

  #publish(): void {
    if (this.#removed) return;
    this.#writer.write(
      podStatus({
        pod: this.#pod,
        former: this.#writer.latest ?? this.#pod.status,
        records: this.containers.records,
        ips: this.#sandbox.ips ?? this.#pod.status?.podIPs?.map(({ ip }) => ip),
        hostIps: this.#context.options.nodeIps,
        finished: this.#finished,
        failure: this.#failure,
        now: timestamp(),
      }),
    );
  }

  #wakeIn(ms: number, action: () => void = () => void this.#runner.request()): void {
    clearTimeout(this.#wake);
    this.#wake = setTimeout(action, ms);
  }

  #report(what: string, error: unknown): void {
    const { namespace, name } = this.identity;
    this.#context.options.log.warn(`pod ${namespace}/${name}: ${what} failed, will be tried again`, {
      error: (error as Error).message,
    });
  }
}

/** The time a pod has to end: that of its deletion, else its own. */
function graceMs({ metadata, spec }: Pod): number {
  return (metadata?.deletionGracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * 1000;
}
