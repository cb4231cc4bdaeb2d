/** Every kubectl in every protocol it can speak for exec and attach, and a terminal to type at. */
import { closeSync } from 'node:fs';
import type { Kernel, KernelProcess } from '../../../src/kernel/kernel.ts';
import { terminalStream } from '../../../src/node/runtime/descriptor-streams.ts';
import { eventually } from '../scratch.ts';
import { KUBECTLS, type Kubectl } from './kubectl-fixture.ts';

export interface StreamClient extends Kubectl {
  readonly protocol: 'WebSocket' | 'SPDY';
  /** What makes this kubectl speak it. */
  readonly env: Readonly<Record<string, string>>;
}

/** From 1.29 on kubectl can speak WebSocket, from 1.31 on it does; SPDY they all speak. */
export const STREAM_CLIENTS: readonly StreamClient[] = KUBECTLS.flatMap((kubectl) => [
  ...(kubectl.minor < 29 ? [] : [clientOf(kubectl, 'WebSocket')]),
  clientOf(kubectl, 'SPDY'),
]);

function clientOf(kubectl: Kubectl, protocol: StreamClient['protocol']): StreamClient {
  const env = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: String(protocol === 'WebSocket') };
  return { ...kubectl, protocol, env };
}

/** A program at a terminal of its own, which resizes reach. */
export class TerminalSession {
  readonly #terminal;
  readonly #pty;
  readonly #process: KernelProcess;
  #seen = '';

  constructor(kernel: Kernel, argv: readonly string[], env: Record<string, string>) {
    this.#pty = kernel.openPty({ columns: 101, rows: 31 });
    const { slave, master } = this.#pty;
    // The signal of a resize goes to those whose controlling terminal it is.
    this.#process = kernel.spawn('', ['setsid', '--ctty', '--wait', ...argv], { env, stdio: [slave, slave, slave] });
    closeSync(slave);
    this.#terminal = terminalStream(master);
    this.#terminal.on('data', (chunk: Buffer) => {
      this.#seen += chunk;
    });
  }

  type(text: string): void {
    this.#terminal.write(text);
  }

  resize(columns: number, rows: number): void {
    this.#pty.resize({ columns, rows });
  }

  /** Types a line until what has been seen fits: what is typed before a prompt may be lost. */
  async typeUntil(line: string, pattern: RegExp): Promise<void> {
    await eventually(async () => {
      this.type(`${line}\n`);
      await new Promise((resolve) => setTimeout(resolve, 30));
      return pattern.test(this.#seen);
    });
  }

  /** Types Ctrl-C and the line until what has been seen fits: one that meets the shell between two programs stops none. */
  async interruptUntil(line: string, pattern: RegExp): Promise<void> {
    await eventually(async () => {
      // Apart from the line: what is typed with an interrupt is thrown away with it.
      this.type('\x03');
      await new Promise((resolve) => setTimeout(resolve, 30));
      this.type(`${line}\n`);
      await new Promise((resolve) => setTimeout(resolve, 30));
      return pattern.test(this.#seen);
    });
  }

  async sees(pattern: RegExp): Promise<void> {
    await eventually(() => pattern.test(this.#seen));
  }

  /** What has been seen so far: also what was typed, where the terminal echoes it. */
  get seen(): string {
    return this.#seen;
  }

  get exitCode(): Promise<number | null> {
    return this.#process.exited.then(({ code }) => code);
  }
}
