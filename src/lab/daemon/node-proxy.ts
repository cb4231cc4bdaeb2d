/**
 * kube-proxy of a node, as a lab runs it: one at a time, which may be stopped and started again. Of one that is stopped the
 * rules stay in the kernel as they are, and nothing follows the API any more, as on a node whose kube-proxy has died.
 */
import type { ProxyMode } from '../../objects/proxy-mode.ts';
import type { ModeChoice, ModeOptions } from '../../proxy/choose-mode.ts';
import type { Departing } from '../../proxy/departing-rules.ts';
import type { KubeProxy } from '../../proxy/kube-proxy.ts';
import type { ProxyState } from '../snapshot.ts';

/** With what the node's next kube-proxy is made. */
export interface WantedMode {
  readonly mode: ProxyMode;
  /** Of mode ipvs; default: that of the lab. */
  readonly scheduler?: string | undefined;
}

export class NodeProxy {
  readonly #make: (wanted: WantedMode) => KubeProxy;
  #wanted: WantedMode;
  #proxy: KubeProxy;
  #isStopped = false;
  /** Resolves when the stops and starts asked for so far are done, or have failed. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(make: (wanted: WantedMode) => KubeProxy, wanted: WantedMode) {
    this.#make = make;
    this.#wanted = wanted;
    this.#proxy = make(wanted);
  }

  /** True from `stop` to the end of the next `startAgain`. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  get mode(): ProxyMode {
    return this.#proxy.mode;
  }

  /** Of mode ipvs, in other modes the one it would have. */
  get scheduler(): string {
    return this.#proxy.scheduler;
  }

  get obstacle(): string | undefined {
    return this.#proxy.obstacle;
  }

  /** The former mode that connections still go by. */
  get departing(): Departing | undefined {
    return this.#proxy.departing;
  }

  get state(): ProxyState {
    const { requested, done } = this.#proxy.generation;
    return {
      mode: this.mode,
      synced: !this.#isStopped && done > 0 && done === requested,
      generation: done,
      ...(this.#isStopped ? { stopped: true } : {}),
      ...(this.mode === 'ipvs' ? { scheduler: this.scheduler } : {}),
      ...(this.departing === undefined ? {} : { departing: this.departing }),
      ...(this.obstacle === undefined ? {} : { obstacle: this.obstacle }),
    };
  }

  /** The first start; resolves when the rules stand. */
  start(): Promise<void> {
    return this.#proxy.start();
  }

  removeOtherModes(): Promise<void> {
    return this.#proxy.removeOtherModes();
  }

  /** Resolves when every acknowledged write is in the rules. Who is stopped is not waited for. */
  async programmed(): Promise<void> {
    if (!this.#isStopped) await this.#proxy.programmed();
  }

  /** Rejects when it is stopped, or when the mode cannot be; then nothing has changed. */
  async switchMode(mode: ProxyMode, options: ModeOptions = {}): Promise<ModeChoice> {
    if (this.#isStopped) throw new Error('it is stopped; `podwire kube-proxy start` starts it');
    const choice = await this.#proxy.switchMode(mode, options);
    this.#wanted = { mode, scheduler: this.scheduler };
    return choice;
  }

  /** Stops it, health server and metrics included; what it wrote stays. Does nothing when it is stopped. */
  stop(): Promise<void> {
    return this.#afterOthers(async () => {
      if (this.#isStopped) return;
      this.#isStopped = true;
      await this.#proxy.stop();
    });
  }

  /** Starts another in the place of one that is stopped; resolves when its rules stand. Does nothing when one runs. */
  startAgain(): Promise<void> {
    return this.#afterOthers(async () => {
      if (!this.#isStopped) return;
      const next = this.#make(this.#wanted);
      try {
        await next.start();
      } catch (error) {
        // What it follows already would be followed for ever.
        await next.stop();
        throw error;
      }
      // A former mode may have been left before the one that was stopped.
      await next.removeOtherModes();
      this.#proxy = next;
      this.#isStopped = false;
    });
  }

  #afterOthers(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
