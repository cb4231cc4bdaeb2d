/**
 * A running HAProxy and its configuration: checks a new one by `haproxy -c`, and puts it in force without a lost connection. The new
 * process takes the listening sockets over from the old one (`-x`), which serves its connections to their end (`-sf`). Knows
 * processes and files; what is in a configuration is its callers' affair. The running configuration is known by a hash in its
 * `description`, so that whoever comes after a crash finds out by asking.
 *
 * Source: HAProxy Management Guide, 3 (options) and 4 (stopping and restarting).
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KernelProcess } from '../kernel/kernel.ts';
import { isRunning, type ProcessIdentity, signalProcess } from '../kernel/processes.ts';
import type { Logger } from '../objects/component.ts';
import { askHaproxy, runningDescription } from './runtime-socket.ts';

/** A configuration: its sections (without `description`, which is added to `global`), and the files it names, relative to it. */
export interface HaproxyConfiguration {
  /** Lines of the section `global`. */
  readonly global: readonly string[];
  /** Everything behind it. */
  readonly text: string;
  readonly files?: Readonly<Record<string, string>>;
}

export interface HaproxyOptions {
  /** Starts a program where HAProxy is to stand. */
  readonly spawn: (argv: readonly [string, ...string[]]) => KernelProcess;
  /** HAProxy's own: one folder for each configuration, the runtime socket, what is known of the servers. */
  readonly directory: string;
  readonly log: Logger;
  /** Processes of HAProxy that somebody before us started there; they serve on until a configuration is put in force. */
  readonly former?: readonly ProcessIdentity[];
}

/** HAProxy refuses the configuration; `message` holds its own words. */
export class HaproxyRefusal extends Error {
  override readonly name = 'HaproxyRefusal';
}

const START_MS = 10_000;
const ASK_EVERY_MS = 10;
const RESTART_MS = 500;
const FILE = 'haproxy.cfg';
/** A file of states with nothing but its version. */
const NO_STATES = '1\n';

export class Haproxy {
  readonly #options: HaproxyOptions;
  readonly #socket: string;
  readonly #states: string;
  /** Our processes that still serve; the last one takes new connections. */
  readonly #serving = new Set<KernelProcess>();
  /** Others', until the first process of ours has taken over. */
  #former: readonly ProcessIdentity[];
  #current: { readonly hash: string; readonly process: KernelProcess } | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: HaproxyOptions) {
    this.#options = options;
    this.#socket = join(options.directory, 'haproxy.sock');
    this.#states = join(options.directory, 'servers.state');
    this.#former = options.former ?? [];
  }

  /** Throws a `HaproxyRefusal` when HAProxy would not start with this configuration. Touches nothing that runs. */
  check(configuration: HaproxyConfiguration): Promise<void> {
    return this.#inTurn(async () => {
      const { hash, folder } = this.#write(configuration);
      try {
        await this.#check(folder);
      } finally {
        this.#discard(hash);
      }
    });
  }

  /** Puts the configuration in force; resolves when it takes connections. Throws a `HaproxyRefusal`: whatever ran runs on. */
  configure(configuration: HaproxyConfiguration): Promise<void> {
    return this.#inTurn(async () => {
      const { hash, folder } = this.#write(configuration);
      if (hash === this.#current?.hash) return;
      try {
        await this.#check(folder);
        await this.#replace(hash);
      } catch (error) {
        this.#discard(hash);
        throw error;
      }
      this.#removeOthers(hash);
    });
  }

  /** Ends it, and every connection through it. */
  stop(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** Takes no new connections; resolves when those there are have ended. */
  drain(): Promise<void> {
    return this.#end('SIGUSR1');
  }

  #end(signal: NodeJS.Signals): Promise<void> {
    return this.#inTurn(async () => {
      this.#current = undefined;
      for (const former of this.#former) signalProcess(former, signal);
      this.#former = [];
      const ending = [...this.#serving];
      for (const child of ending) child.kill(signal);
      await Promise.all(ending.map(({ exited }) => exited));
    });
  }

  #inTurn(action: () => Promise<void>): Promise<void> {
    const run = this.#turn.then(action);
    this.#turn = run.catch(() => undefined);
    return run;
  }

  #write(configuration: HaproxyConfiguration): { readonly hash: string; readonly folder: string } {
    const hash = createHash('sha256').update(JSON.stringify(configuration)).digest('hex').slice(0, 16);
    const folder = join(this.#options.directory, hash);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const files = { ...configuration.files, [FILE]: this.#text(configuration, hash) };
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(folder, `${name}.new`), content, { mode: 0o600 });
      renameSync(join(folder, `${name}.new`), join(folder, name));
    }
    return { hash, folder };
  }

  #text({ global, text }: HaproxyConfiguration, hash: string): string {
    const own = [
      `description ${hash}`,
      `stats socket ${this.#socket} mode 600 level admin expose-fd listeners`,
      `server-state-file ${this.#states}`,
      // Fewer descriptors than maxconn would need are no reason not to start.
      'no strict-limits',
    ];
    return `global\n${[...own, ...global].map((line) => `    ${line}\n`).join('')}\n${text}`;
  }

  async #check(folder: string): Promise<void> {
    const checker = this.#options.spawn(['haproxy', '-c', '-C', folder, '-f', FILE]);
    const said = collect(checker);
    const { code } = await checker.exited;
    if (code === 0) return;
    throw new HaproxyRefusal(complaints(await said) || `haproxy -c ended with exit status ${code}`);
  }

  /** Starts a process for the configuration, and waits until it takes connections in place of whoever did. */
  async #replace(hash: string): Promise<void> {
    const runs = (await runningDescription(this.#socket)) !== undefined;
    // What is known of each server's health goes over to the next process: a dead one is not tried again.
    writeFileSync(this.#states, runs ? await askHaproxy(this.#socket, 'show servers state') : NO_STATES);
    // A former one that has ended is not named: its pid may be another's by now.
    const predecessors = [...this.#former.filter(isRunning), ...this.#serving].map(({ pid }) => String(pid));
    const folder = join(this.#options.directory, hash);
    const takeOver = runs ? ['-x', this.#socket] : [];
    const finish = predecessors.length === 0 ? [] : ['-sf', ...predecessors];
    const child = this.#options.spawn(['haproxy', '-db', '-C', folder, '-f', FILE, ...takeOver, ...finish]);
    const said = collect(child, (line) => this.#options.log.info(line));
    let hasEnded = false;
    void child.exited.then((how) => {
      hasEnded = true;
      this.#serving.delete(child);
      if (this.#current?.process === child) this.#revive(child, hash, how);
    });
    const deadline = Date.now() + START_MS;
    while ((await runningDescription(this.#socket)) !== hash) {
      if (hasEnded) throw new HaproxyRefusal(complaints(await said) || 'haproxy ended at once');
      if (Date.now() > deadline) {
        child.kill('SIGKILL');
        throw new HaproxyRefusal(`haproxy does not take connections after ${START_MS / 1000} s`);
      }
      await sleep(ASK_EVERY_MS);
    }
    this.#serving.add(child);
    this.#former = [];
    this.#current = { hash, process: child };
  }

  /** Starts HAProxy again when `child` ended although it was the current one, and nobody takes its place. */
  #revive(child: KernelProcess, hash: string, how: object): void {
    const { log } = this.#options;
    const again = async () => {
      if (this.#current?.process !== child) return;
      log.error('haproxy ended; it is started again', { ...how });
      await this.#replace(hash);
    };
    this.#inTurn(again).catch((error: unknown) => {
      log.error('haproxy cannot be started', { error: String(error) });
      setTimeout(() => this.#revive(child, hash, how), RESTART_MS).unref();
    });
  }

  /** Removes the folder of a configuration that is not the one in force. */
  #discard(hash: string): void {
    if (hash !== this.#current?.hash) rmSync(join(this.#options.directory, hash), { recursive: true, force: true });
  }

  #removeOthers(hash: string): void {
    const folders = readdirSync(this.#options.directory, { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    for (const { name } of folders.filter((folder) => folder.name !== hash))
      rmSync(join(this.#options.directory, name), { recursive: true, force: true });
  }
}

/** Everything a program prints, when it has ended; each whole line also to `onLine`. */
async function collect({ stdout, stderr, exited }: KernelProcess, onLine?: (line: string) => void): Promise<string> {
  let text = '';
  for (const stream of [stdout, stderr]) {
    let rest = '';
    stream?.setEncoding('utf8');
    stream?.on('data', (chunk: string) => {
      // Enough for the reason of a failed start; HAProxy may run for days.
      if (text.length < 10_000) text += chunk;
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine?.(line);
    });
  }
  await exited;
  return text;
}

/** HAProxy's alerts, without its time stamps and what follows from them. */
function complaints(text: string): string {
  const alerts = text.split('\n').filter((line) => line.includes('[ALERT]'));
  const words = alerts.map((line) => line.replace(/^.*\[ALERT\]\s*(\(\d+\)\s*:)?\s*/, '').trim());
  const first = words.filter((word) => !/^(Error\(s\) found|Fatal errors found|config : Error\(s\))/.test(word));
  return (first.length > 0 ? first : words).slice(0, 3).join('; ');
}
