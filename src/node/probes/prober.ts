/**
 * Runs the probes of one container instance: the startup probe first, then liveness and readiness, each at its own
 * pace. Says what came out; what follows from it is the pod worker's to decide.
 */
import { timerMs } from '../../objects/timer.ts';
import type { Probe } from '../../objects/wire.ts';
import { ProbeCounter } from './probe-counter.ts';
import { type ProbeTarget, runProbe } from './run-probe.ts';

export type ProbeKind = 'Startup' | 'Readiness' | 'Liveness';

export interface ProbeListener {
  /** One run failed. */
  failed(kind: ProbeKind, message: string): void;
  /** A threshold was reached. */
  verdict(kind: ProbeKind, healthy: boolean): void;
}

export class Prober {
  readonly #target: ProbeTarget;
  readonly #listener: ProbeListener;
  readonly #timers = new Set<NodeJS.Timeout>();
  #stopped = false;

  /** `hasStarted`: the startup probe has passed already (under a former kubelet). */
  constructor(target: ProbeTarget, listener: ProbeListener, hasStarted = false) {
    this.#target = target;
    this.#listener = listener;
    const { startupProbe } = target.container;
    if (startupProbe === undefined || hasStarted) this.#startRest();
    else this.#schedule('Startup', startupProbe, new ProbeCounter(startupProbe), startupProbe.initialDelaySeconds ?? 0);
  }

  /** Ends all probing; a run under way says nothing any more. */
  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #startRest(): void {
    const { livenessProbe, readinessProbe } = this.#target.container;
    for (const [kind, probe] of [
      ['Liveness', livenessProbe],
      ['Readiness', readinessProbe],
    ] as const) {
      if (probe !== undefined) this.#schedule(kind, probe, new ProbeCounter(probe), probe.initialDelaySeconds ?? 0);
    }
  }

  #schedule(kind: ProbeKind, probe: Probe, counter: ProbeCounter, seconds: number): void {
    if (this.#stopped) return;
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        void this.#probe(kind, probe, counter);
      },
      timerMs(seconds * 1000),
    );
    this.#timers.add(timer);
  }

  async #probe(kind: ProbeKind, probe: Probe, counter: ProbeCounter): Promise<void> {
    const failure = await runProbe(this.#target, probe).catch((error: unknown) => (error as Error).message);
    if (this.#stopped) return;
    if (failure !== undefined) this.#listener.failed(kind, failure);
    const verdict = counter.add(failure === undefined);
    if (verdict !== undefined) this.#listener.verdict(kind, verdict);
    if (kind === 'Startup' && verdict !== undefined) {
      // Passed: the other probes begin. Failed: the container is restarted, and its next instance has its own prober.
      if (verdict) this.#startRest();
      return;
    }
    this.#schedule(kind, probe, counter, probe.periodSeconds ?? 10);
  }
}
