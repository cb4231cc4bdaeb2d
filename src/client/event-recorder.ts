/**
 * Records Events about objects, as `kubectl describe` shows them. The same event again raises the count of the first
 * one; many that differ in their message alone are combined; a flood about one object is cut (the limits are those of
 * client-go's event correlator). Recording never waits and never fails its caller.
 */

import { randomInt } from 'node:crypto';
import { apiVersionOf, EVENTS, type ResourceType } from '../objects/resource.ts';
import { timestamp } from '../objects/timestamp.ts';
import { ApiError, hasReason, type Transport } from '../objects/transport.ts';
import type { ApiObject, Event } from '../objects/wire.ts';
import { type Correlated, EventCorrelator } from './event-correlator.ts';
import { type Rate, RateLimit } from './rate-limit.ts';

export interface EventRecorderOptions {
  /** Shown under `From`: `kubelet`, `default-scheduler`. */
  readonly component: string;
  /** The node it runs on, for components that run on each. */
  readonly host?: string;
  /** Told of an event that could not be written. */
  readonly onError: (error: unknown) => void;
  /** At most so many are written; the others wait. Default: as many as come. */
  readonly rate?: Rate;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** What an event is about; `fieldPath` narrows it to a part: `spec.containers{web}`. */
export interface EventSubject {
  readonly type: ResourceType;
  readonly object: ApiObject;
  readonly fieldPath?: string;
}

/** Writes under way at once: few, so that a burst of events does not hold up the writes that matter. */
const MOST_WRITES = 2;
/** Events that wait to be written; further ones are dropped. */
const MOST_WAITING = 2_000;
const ATTEMPTS = 5;
const RETRY_MS = 1_000;

interface Draft {
  readonly event: Event;
  readonly correlated: Correlated;
  created: boolean;
  written: number;
  attempts: number;
  /** Waiting or being written. */
  busy: boolean;
}

export class EventRecorder {
  readonly #transport: Transport;
  readonly #options: EventRecorderOptions;
  readonly #correlator = new EventCorrelator();
  readonly #drafts = new WeakMap<Correlated, Draft>();
  readonly #waiting: Draft[] = [];
  readonly #limit: RateLimit | undefined;
  #held: NodeJS.Timeout | undefined;
  readonly #timers = new Set<NodeJS.Timeout>();
  #writing = 0;
  #stopped = false;
  #flushed: (() => void)[] = [];

  constructor(transport: Transport, options: EventRecorderOptions) {
    this.#transport = transport;
    this.#options = options;
    if (options.rate !== undefined) this.#limit = new RateLimit(options.rate);
  }

  /** A routine event. */
  normal(subject: EventSubject, reason: string, message: string): void {
    this.#record(subject, 'Normal', reason, message);
  }

  /** Something the user should look at. */
  warning(subject: EventSubject, reason: string, message: string): void {
    this.#record(subject, 'Warning', reason, message);
  }

  /** Resolves when every event so far is written or given up. */
  flush(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => this.#flushed.push(resolve));
  }

  /** Drops what is not written yet. */
  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    clearTimeout(this.#held);
    this.#waiting.length = 0;
    this.#settle();
  }

  #record(subject: EventSubject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const now = this.#options.now?.() ?? Date.now();
    const { uid = '', name = '', namespace } = subject.object.metadata ?? {};
    const about = [subject.type.kind, namespace ?? '', name, uid, subject.fieldPath ?? ''].join('/');
    const correlated = this.#correlator.add({ about, type, reason, message, at: now });
    if (correlated === undefined) return;
    let draft = this.#drafts.get(correlated);
    if (draft === undefined) {
      draft = {
        event: this.#compose(subject, type, reason),
        correlated,
        created: false,
        written: 0,
        attempts: 0,
        busy: false,
      };
      this.#drafts.set(correlated, draft);
    }
    this.#enqueue(draft);
  }

  #compose(subject: EventSubject, type: string, reason: string): Event {
    const { component, host } = this.#options;
    const { name = '', namespace, uid, resourceVersion } = subject.object.metadata ?? {};
    return {
      metadata: { name: eventName(name), namespace: namespace ?? 'default' },
      involvedObject: {
        kind: subject.type.kind,
        apiVersion: apiVersionOf(subject.type),
        name,
        ...(namespace === undefined ? {} : { namespace }),
        ...(uid === undefined ? {} : { uid }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
        ...(subject.fieldPath === undefined ? {} : { fieldPath: subject.fieldPath }),
      },
      type,
      reason,
      source: { component, ...(host === undefined ? {} : { host }) },
      reportingComponent: component,
      reportingInstance: host ?? '',
    };
  }

  #enqueue(draft: Draft): void {
    if (this.#stopped || draft.busy || this.#waiting.length >= MOST_WAITING) return;
    draft.busy = true;
    this.#waiting.push(draft);
    this.#dispatch();
  }

  #dispatch(): void {
    while (this.#writing < MOST_WRITES && this.#waiting.length > 0 && this.#held === undefined) {
      const waitMs = this.#limit?.take() ?? 0;
      if (waitMs > 0) {
        this.#hold(waitMs);
        break;
      }
      const draft = this.#waiting.shift()!;
      this.#writing += 1;
      void this.#write(draft).finally(() => {
        this.#writing -= 1;
        this.#dispatch();
        this.#settle();
      });
    }
  }

  #hold(waitMs: number): void {
    this.#held = setTimeout(() => {
      this.#held = undefined;
      this.#dispatch();
    }, waitMs);
  }

  async #write(draft: Draft): Promise<void> {
    const { count, message, firstAt, lastAt } = draft.correlated;
    const moment = { count, message, lastTimestamp: timestamp(lastAt) };
    const { namespace = 'default', name = '' } = draft.event.metadata;
    try {
      if (draft.created) await this.#transport.patch(EVENTS, { namespace, name }, 'merge', moment);
      else await this.#transport.create(EVENTS, { ...draft.event, ...moment, firstTimestamp: timestamp(firstAt) });
      Object.assign(draft, { created: true, written: count, attempts: 0, busy: false });
      if (draft.correlated.count > draft.written) this.#enqueue(draft);
    } catch (error) {
      this.#failed(draft, error);
    }
  }

  #failed(draft: Draft, error: unknown): void {
    draft.busy = false;
    draft.attempts += 1;
    if (this.#stopped) return;
    if (draft.created && hasReason(error, 'NotFound')) {
      // Somebody deleted the event: the next one is a new one.
      draft.created = false;
      draft.event.metadata.name = eventName(draft.event.involvedObject.name ?? '');
      this.#enqueue(draft);
    } else if (error instanceof ApiError || draft.attempts >= ATTEMPTS) {
      // Refused (a namespace that is going away), or out of reach for long.
      draft.attempts = 0;
      this.#options.onError(error);
    } else {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#enqueue(draft);
      }, RETRY_MS * draft.attempts);
      this.#timers.add(timer);
    }
  }

  #isIdle(): boolean {
    return this.#writing === 0 && this.#waiting.length === 0 && this.#timers.size === 0;
  }

  #settle(): void {
    if (!this.#isIdle()) return;
    for (const resolve of this.#flushed.splice(0)) resolve();
  }
}

let lastStamp = 0n;

/**
 * The involved object's name and the nanoseconds since the epoch, as client-go has it: `web-0.18c1f2a3b4d5e6f7`. Lists are in the order of
 * names, so the events of an object come in the order they happened, also within one second.
 */
function eventName(involved: string): string {
  const microseconds = Math.floor((performance.timeOrigin + performance.now()) * 1000);
  const stamp = BigInt(microseconds) * 1000n + BigInt(randomInt(1000));
  lastStamp = stamp > lastStamp ? stamp : lastStamp + 1n;
  return `${involved}.${lastStamp.toString(16)}`;
}
