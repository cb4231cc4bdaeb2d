/**
 * The daemon's side of the pods process: starts and stops stand-ins over a channel, many in one message, and tells how
 * each ends. When the channel is lost every stand-in has ended; the lab starts the process again and calls `connect`.
 */
import type { MessageChannel } from '../../client/message-channel.ts';
import type { FromPods, LogLine, StandInSpec, ToPods } from './protocol.ts';

/** How a stand-in's life goes on; each is called at most once, `exited` last. */
export interface StandInListener {
  started(): void;
  exited(code: number, error?: string): void;
  /** Runs a command in the stand-in's container. */
  exec(command: readonly [string, ...string[]]): Promise<{ exitCode: number; output: string }>;
}

/** What a container that was killed with its process ends with. */
const KILLED = 137;
/** Batches of log lines that a reader may be behind; of what comes then the oldest are lost, as those of a log that is rotated. */
const MOST_BEHIND = 1_000;

export class StandInClient {
  #channel: MessageChannel | undefined;
  readonly #listeners = new Map<string, StandInListener>();
  /** Specs that wait for the end of this turn, or for a channel. */
  readonly #queued = new Map<string, StandInSpec>();
  /** Those the present channel was told to start: its first `running` does not know them yet. */
  readonly #told = new Set<string>();
  readonly #logs = new Map<number, (lines: readonly LogLine[], end: boolean) => void>();
  /** What serves at the other end, also what a former daemon started. */
  #running = new Set<string>();
  /** What ended while no daemon listened, with its code. */
  #endedUnheard = new Map<string, number>();
  #onConnected: (() => void)[] = [];
  #nextRequest = 1;

  /** Uses `channel` from now on. Resolves when it is known what runs at its other end (after a crash of the daemon). */
  connect(channel: MessageChannel): Promise<void> {
    this.#channel = channel;
    this.#told.clear();
    channel.onMessage((message) => this.#receive(message as FromPods));
    channel.onClose(() => this.#lost(channel));
    const connected = new Promise<void>((resolve) => this.#onConnected.push(resolve));
    this.#send({ op: 'list' });
    this.#flush();
    return connected;
  }

  /** Starts a stand-in as soon as there is a channel. */
  start(spec: StandInSpec, listener: StandInListener): void {
    this.#listeners.set(spec.containerId, listener);
    if (this.#queued.size === 0) setImmediate(() => this.#flush());
    this.#queued.set(spec.containerId, spec);
  }

  /** True for a stand-in of a former daemon: it runs, or how it ended can be told. */
  knows(containerId: string): boolean {
    return this.#running.has(containerId) || this.#endedUnheard.has(containerId);
  }

  /** Takes over a stand-in that is known. */
  adopt(containerId: string, listener: StandInListener): void {
    const code = this.#endedUnheard.get(containerId);
    if (code === undefined) this.#listeners.set(containerId, listener);
    listener.started();
    if (code !== undefined) listener.exited(code);
  }

  /** Those that run at the other end: before any is started, what a former daemon has left. */
  get running(): readonly string[] {
    return [...this.#running];
  }

  /** Ends stand-ins of a former daemon that nobody takes over; resolves when they have ended. */
  async endLeft(containerIds: readonly string[]): Promise<void> {
    const end = (containerId: string) =>
      new Promise<void>((resolve) => {
        const nothing = async () => ({ exitCode: KILLED, output: '' });
        this.#listeners.set(containerId, { started: () => undefined, exited: () => resolve(), exec: nothing });
        this.stop(containerId, 0);
      });
    await Promise.all(containerIds.filter((id) => this.#running.has(id)).map(end));
  }

  stop(containerId: string, graceMs: number): void {
    if (this.#queued.delete(containerId)) this.#ended(containerId, KILLED);
    else this.#send({ op: 'stop', containerId, graceMs });
  }

  /** Nobody will ask for its logs. */
  forget(containerId: string): void {
    this.#send({ op: 'forget', containerId });
  }

  /** Lines kept and (with `follow`) lines to come. */
  async *logs(
    containerId: string,
    { follow, signal }: { follow: boolean; signal: AbortSignal },
  ): AsyncGenerator<readonly LogLine[]> {
    if (this.#channel === undefined) return;
    const request = this.#nextRequest++;
    const arrived: (readonly LogLine[])[] = [];
    let ended = false;
    let wake: () => void = () => undefined;
    this.#logs.set(request, (lines, end) => {
      if (lines.length > 0) arrived.push(lines);
      if (arrived.length > MOST_BEHIND) arrived.shift();
      ended ||= end;
      wake();
    });
    const onAbort = () => wake();
    signal.addEventListener('abort', onAbort);
    this.#send({ op: 'logs', request, containerId, follow });
    try {
      while (!(follow && signal.aborted)) {
        const lines = arrived.shift();
        if (lines !== undefined) yield lines;
        else if (ended) return;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#logs.delete(request);
      this.#send({ op: 'unfollow', request });
    }
  }

  #flush(): void {
    if (this.#channel === undefined || this.#queued.size === 0) return;
    this.#send({ op: 'start', standIns: [...this.#queued.values()] });
    for (const id of this.#queued.keys()) this.#told.add(id);
    this.#queued.clear();
  }

  #send(message: ToPods): void {
    this.#channel?.send(message);
  }

  #receive(message: FromPods): void {
    switch (message.op) {
      case 'started':
        this.#running.add(message.containerId);
        this.#listeners.get(message.containerId)?.started();
        break;
      case 'exited':
        this.#ended(message.containerId, message.code, message.error);
        break;
      case 'running':
        this.#running = new Set(message.containerIds);
        this.#endedUnheard = new Map(message.ended.map(({ containerId, code }) => [containerId, code]));
        this.#endAllBut((id) => this.#running.has(id) || this.#told.has(id));
        for (const resolve of this.#onConnected.splice(0)) resolve();
        break;
      case 'lines':
        this.#logs.get(message.request)?.(message.lines, message.end);
        break;
      case 'exec':
        void this.#exec(message);
        break;
    }
  }

  async #exec({ request, containerId, command }: Extract<FromPods, { op: 'exec' }>): Promise<void> {
    const listener = this.#listeners.get(containerId);
    const result = await (listener?.exec(command) ?? Promise.reject(new Error('no such container'))).catch(
      (error: unknown) => ({ exitCode: 126, output: `${(error as Error).message}\n` }),
    );
    this.#send({ op: 'executed', request, ...result });
  }

  #ended(containerId: string, code: number, error?: string): void {
    this.#running.delete(containerId);
    const listener = this.#listeners.get(containerId);
    this.#listeners.delete(containerId);
    listener?.exited(code, error);
  }

  /** The process is gone, and with it every stand-in that ran in it. Those still queued wait for the next. */
  #lost(channel: MessageChannel): void {
    if (this.#channel !== channel) return;
    this.#channel = undefined;
    this.#running.clear();
    for (const resolve of this.#onConnected.splice(0)) resolve();
    for (const receive of this.#logs.values()) receive([], true);
    this.#endAllBut(() => false);
  }

  /** Everything but what runs and what waits to be started has ended with its process. */
  #endAllBut(runs: (containerId: string) => boolean): void {
    for (const id of [...this.#listeners.keys()]) if (!this.#queued.has(id) && !runs(id)) this.#ended(id, KILLED);
  }
}
