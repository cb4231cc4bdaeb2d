/**
 * Stands in for the program `haproxy`: `-c` refuses what holds the word `bad`; a start takes the socket over from whoever had it, and
 * tells there the description of its configuration.
 */
import { readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { KernelProcess } from '../../src/kernel/kernel.ts';

const REFUSAL = `[NOTICE]   (7) : haproxy version is 2.6.12
[ALERT]    (7) : config : parsing [haproxy.cfg:9] : unknown keyword 'bad'
[ALERT]    (7) : config : Fatal errors found in configuration.
`;

interface Running {
  end(signal?: NodeJS.Signals): void;
  /** Those it was sent. */
  readonly signals: NodeJS.Signals[];
}

export class FakeHaproxy {
  /** Arguments of each start that was to serve. */
  readonly starts: string[][] = [];
  /** By pid, in the order they were started. */
  readonly running = new Map<number, Running>();
  readonly #directory: string;
  #server: Server | undefined;
  #pid = 1_000_000_000;

  constructor(directory: string) {
    this.#directory = directory;
  }

  readonly spawn = (argv: readonly [string, ...string[]]): KernelProcess => {
    const text = readFileSync(join(argv[argv.indexOf('-C') + 1]!, 'haproxy.cfg'), 'utf8');
    const process = this.#process(argv.includes('-c') && text.includes('\nbad') ? REFUSAL : '');
    if (argv.includes('-c')) {
      const { end } = this.running.get(process.pid)!;
      setImmediate(() => end());
      return process;
    }
    this.starts.push([...argv]);
    this.#serve(/description (\w+)/.exec(text)![1]!);
    return process;
  };

  close(): void {
    this.#server?.close();
  }

  #serve(description: string): void {
    this.#server?.close();
    this.#server = createServer((socket) => {
      socket.once('data', (command) => {
        socket.end(String(command) === 'show info\n' ? `Name: HAProxy\ndescription: ${description}\n` : '1\n# none\n');
      });
    });
    const path = join(this.#directory, 'haproxy.sock');
    rmSync(path, { force: true });
    this.#server.listen(path);
  }

  #process(says: string): KernelProcess {
    const pid = this.#pid;
    this.#pid += 1;
    const signals: NodeJS.Signals[] = [];
    const exited = new Promise<Awaited<KernelProcess['exited']>>((resolve) => {
      const end = (signal?: NodeJS.Signals) => {
        this.running.delete(pid);
        resolve({ code: says === '' && signal === undefined ? 0 : 1, signal: signal ?? null });
      };
      this.running.set(pid, { end, signals });
    });
    const kill = (signal: NodeJS.Signals = 'SIGTERM') => {
      signals.push(signal);
      this.running.get(pid)?.end(signal);
    };
    return { pid, stdin: null, stdout: Readable.from([says]), stderr: null, exited, kill };
  }
}
