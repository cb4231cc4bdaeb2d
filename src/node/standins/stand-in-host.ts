/** Holds the running stand-ins of the pods process by container id, their logs, and answers the daemon's messages. */
import type { NamespaceSockets } from '../../kernel/kernel.ts';
import { ContainerLog } from '../runtime/container-log.ts';
import { readContainerFile } from './container-file.ts';
import type { FromPods, StandInSpec, ToPods } from './protocol.ts';
import type { StandIn, StandInFactory } from './stand-in.ts';

/** Ended stand-ins whose logs are kept for `logs --previous`. */
const KEPT_LOGS = 500;
/** A server under load writes a line a request, and there may be a thousand. */
const KEPT_CHARACTERS = 1 << 16;

/** What one ends with that could not start. */
const FAILED = 1;

interface Entry {
  readonly log: ContainerLog;
  /** Undefined while it starts and when it has ended. */
  standIn?: StandIn;
  /** Resolves when it has started or could not. */
  readonly started: Promise<void>;
  /** The code it ended with. */
  ended?: number;
}

export class StandInHost {
  readonly #sockets: NamespaceSockets;
  readonly #factories: Readonly<Record<string, StandInFactory>>;
  readonly #entries = new Map<string, Entry>();
  readonly #follows = new Map<number, AbortController>();
  readonly #execs = new Map<number, (result: { exitCode: number; output: string }) => void>();
  #send: (message: FromPods) => void = () => undefined;
  #nextExec = 1;

  constructor(sockets: NamespaceSockets, factories: Readonly<Record<string, StandInFactory>>) {
    this.#sockets = sockets;
    this.#factories = factories;
  }

  /** Where messages go from now on. What the former daemon asked for has no reader any more. */
  answerTo(send: (message: FromPods) => void): void {
    this.#send = send;
    for (const follow of this.#follows.values()) follow.abort();
    for (const finish of this.#execs.values()) finish({ exitCode: 1, output: 'the daemon went away\n' });
    this.#follows.clear();
    this.#execs.clear();
  }

  handle(message: ToPods): void {
    switch (message.op) {
      case 'start':
        for (const spec of message.standIns) this.#start(spec);
        break;
      case 'stop':
        void this.#end(message.containerId, 0, message.graceMs);
        break;
      case 'list': {
        const [running, ended] = [[] as string[], [] as { containerId: string; code: number }[]];
        for (const [containerId, entry] of this.#entries) {
          if (entry.ended === undefined) running.push(containerId);
          else ended.push({ containerId, code: entry.ended });
        }
        this.#send({ op: 'running', containerIds: running, ended });
        break;
      }
      case 'logs':
        void this.#readLogs(message.request, message.containerId, message.follow);
        break;
      case 'unfollow':
        this.#follows.get(message.request)?.abort();
        break;
      case 'forget':
        this.#entries.delete(message.containerId);
        break;
      case 'executed':
        this.#execs.get(message.request)?.(message);
        this.#execs.delete(message.request);
        break;
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#entries.keys()].map((id) => this.#end(id, 0, 0)));
  }

  #start(spec: StandInSpec): void {
    const log = new ContainerLog(KEPT_CHARACTERS);
    const starting = this.#open(spec, log);
    const entry: Entry = { log, started: starting.then(() => undefined) };
    this.#entries.set(spec.containerId, entry);
    this.#dropOldLogs();
    void starting.then((result) => {
      if (result instanceof Error) {
        entry.ended = FAILED;
        log.line('stderr', result.message);
        log.end();
        this.#send({ op: 'exited', containerId: spec.containerId, code: FAILED, error: result.message });
      } else {
        entry.standIn = result;
        this.#send({ op: 'started', containerId: spec.containerId });
      }
    });
  }

  async #open(spec: StandInSpec, log: ContainerLog): Promise<StandIn | Error> {
    const factory = Object.hasOwn(this.#factories, spec.kind) ? this.#factories[spec.kind] : undefined;
    if (factory === undefined) return new Error(`no stand-in of the name ${spec.kind}`);
    try {
      return await factory({
        ...spec,
        sockets: this.#sockets,
        readFile: (path) => readContainerFile(spec, path),
        log: (line, stream = 'stdout') => log.line(stream, line),
        exit: (code) => void this.#end(spec.containerId, code, 0),
        exec: (command) => this.#exec(spec.containerId, command),
      });
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  async #end(containerId: string, code: number, graceMs: number): Promise<void> {
    const entry = this.#entries.get(containerId);
    if (entry === undefined) return;
    await entry.started;
    if (entry.standIn === undefined) return;
    await entry.standIn.close(graceMs);
    if (entry.ended !== undefined) return;
    entry.ended = code;
    entry.log.end();
    this.#send({ op: 'exited', containerId, code });
  }

  #exec(containerId: string, command: readonly [string, ...string[]]): Promise<{ exitCode: number; output: string }> {
    const request = this.#nextExec++;
    return new Promise((resolve) => {
      this.#execs.set(request, resolve);
      this.#send({ op: 'exec', request, containerId, command });
    });
  }

  async #readLogs(request: number, containerId: string, follow: boolean): Promise<void> {
    const abort = new AbortController();
    this.#follows.set(request, abort);
    const log = this.#entries.get(containerId)?.log;
    if (log !== undefined) {
      for await (const lines of log.read({ follow, signal: abort.signal })) {
        this.#send({ op: 'lines', request, lines, end: false });
      }
    }
    this.#follows.delete(request);
    this.#send({ op: 'lines', request, lines: [], end: true });
  }

  #dropOldLogs(): void {
    const ended = [...this.#entries].filter(([, entry]) => entry.ended !== undefined);
    for (const [id] of ended.slice(0, Math.max(0, ended.length - KEPT_LOGS))) this.#entries.delete(id);
  }
}
