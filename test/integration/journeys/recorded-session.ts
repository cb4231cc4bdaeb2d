/**
 * One user at a prompt: runs a kubectl of a given age in a namespace of its own and writes down commands and answers. What
 * differs from run to run becomes a placeholder.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KernelProcess } from '../../../src/kernel/kernel.ts';
import { LinuxKernel } from '../../../src/kernel/linux-kernel.ts';
import { type Kubectl, words } from '../api/kubectl-fixture.ts';
import { TerminalSession } from '../api/stream-clients.ts';
import { eventually } from '../scratch.ts';
import { plainTranscript } from './transcript.ts';

const TIMEOUT_MS = 60_000;
const SETTLES_WITHIN_MS = 30_000;
/** What transcripts call the user's own namespace. */
const USUAL_NAMESPACE = 'shop';

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export class RecordedSession {
  /** Where commands run: manifests, and what is copied. */
  readonly folder = mkdtempSync(join(tmpdir(), 'podwire-session-'));
  readonly #kernel = new LinuxKernel();
  /** `1.20`. */
  readonly version: string;
  readonly #kubectl: Kubectl;
  readonly #namespace: string;
  readonly #env: Record<string, string>;
  #lines = '';

  constructor(kubectl: Kubectl, kubeconfig: string, namespace: string) {
    this.version = kubectl.version;
    this.#kubectl = kubectl;
    this.#namespace = namespace;
    const config = join(this.folder, 'config');
    // The context's namespace is the user's own, so that no command needs to name it.
    const text = readFileSync(kubeconfig, 'utf8').replace(/^( *)(cluster: \S+)$/m, `$1$2\n$1namespace: ${namespace}`);
    writeFileSync(config, text, { mode: 0o600 });
    this.#env = { PATH: process.env.PATH ?? '', HOME: this.folder, KUBECONFIG: config, TERM: 'xterm' };
  }

  file(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** Runs a command, quotes as in a shell, and writes it down with what it said. */
  async run(line: string, options: RunOptions = {}): Promise<string> {
    const { code, out, err } = await this.#exec(line, options);
    this.write(line, out + err + (code === 0 ? '' : `(exit ${code})\n`));
    return out;
  }

  /** Runs a command that is not written down; it must succeed. */
  async quietly(line: string, options: RunOptions = {}): Promise<string> {
    const { code, out, err } = await this.#exec(line, options);
    if (code !== 0) throw new Error(`kubectl ${line} ended with ${code}: ${err}`);
    return out;
  }

  /** Runs a command again and again until what it says fits; the last answer is written down. */
  async runUntil(line: string, pattern: RegExp): Promise<void> {
    const said = await eventually(async () => {
      const { out, err } = await this.#exec(line, {});
      return pattern.test(out + err) ? out + err : undefined;
    }, SETTLES_WITHIN_MS);
    this.write(line, said);
  }

  /** Starts a command that goes on; `said` is what it has said so far. */
  start(line: string): { readonly said: () => string; readonly stop: () => Promise<void> } {
    const { argv, env } = this.#command(line);
    const child: KernelProcess = this.#kernel.spawn('', argv, {
      env,
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk));
    return {
      said: () => text,
      stop: async () => {
        child.kill('SIGKILL');
        await child.exited;
      },
    };
  }

  /** Runs a command at a terminal. */
  terminal(line: string): TerminalSession {
    const { argv, env } = this.#command(line);
    return new TerminalSession(this.#kernel, argv, env);
  }

  /** Writes down a command with what its terminal showed, but the echo of what was typed and kubectl's advice to press Enter. */
  writeTerminal(line: string, { seen }: TerminalSession, typed: string): void {
    const lines = seen.replaceAll('\r', '').split('\n');
    // kubectl complains of itself when the program ends while what was typed is still being sent.
    const isNoise = (each: string) => /^If you don't see a command prompt|"write on closed stream/.test(each);
    const isAnswer = (each: string) => each !== '' && each !== typed && !isNoise(each);
    this.write(line, lines.filter(isAnswer).join('\n'));
  }

  /** Writes down a command with what it said. */
  write(line: string, said: string): void {
    const answer = plainTranscript(said.replaceAll(this.#namespace, USUAL_NAMESPACE));
    this.#lines += `$ kubectl ${line}\n${answer.endsWith('\n') || answer === '' ? answer : `${answer}\n`}`;
  }

  /** What has been written down since the last call, with placeholders. */
  transcript(): string {
    const text = this.#lines;
    this.#lines = '';
    return text;
  }

  end(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #command(line: string): { argv: [string, ...string[]]; env: Record<string, string> } {
    return { argv: [this.#kubectl.program, ...words(line)], env: this.#env };
  }

  #exec(line: string, { input, env }: RunOptions): Promise<{ code: number; out: string; err: string }> {
    const { argv, env: own } = this.#command(line);
    return new Promise((resolve) => {
      const options = { env: { ...own, ...env }, cwd: this.folder, timeout: TIMEOUT_MS };
      const child = execFile(argv[0], argv.slice(1), options, (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err });
      });
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(input ?? '');
    });
  }
}
