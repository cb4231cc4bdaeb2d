/** In the guest: runs programs for clients on the host, any number at once. A client that goes hangs its program up. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex, Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kernel, TerminalSize } from '../../kernel/kernel.ts';
import { AGENT, type ProgramEnd, type RunRequest, type Started } from './agent-protocol.ts';
import { sendBytes, sendJson } from './frame-stream.ts';
import type { Frame } from './frames.ts';
import { type GuestProgram, startProgram } from './guest-program.ts';

/** A program that has ended may have left others that hold its output open: we wait for silence. */
const SILENCE_MS = 50;

export class ProgramServer {
  readonly #kernel: Kernel;
  readonly #inputs = new Map<string, Writable>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Runs a program to its end. `rest`: what else the client says. */
  async run(request: RunRequest, stream: Duplex, rest: AsyncGenerator<Frame>): Promise<void> {
    let program: GuestProgram;
    try {
      program = startProgram(this.#kernel, request);
    } catch (error) {
      return finish(stream, { code: null, signal: null, error: (error as Error).message });
    }
    const token = randomUUID();
    if (program.input !== null) this.#inputs.set(token, program.input);
    sendJson(stream, AGENT.started, { token } satisfies Started);
    const hangUp = () => program.signal('SIGHUP');
    stream.once('close', hangUp);
    void obey(program, rest);
    const outputs = [
      ...(program.output === null ? [] : [new Outflow(program.output, stream, AGENT.output)]),
      ...(program.errors === null ? [] : [new Outflow(program.errors, stream, AGENT.errors)]),
    ];
    const end = await program.ended;
    await Promise.all(outputs.map((output) => output.silence()));
    stream.off('close', hangUp);
    this.#inputs.delete(token);
    program.input?.destroy();
    finish(stream, end);
  }

  /** Passes a client's bytes on to the program of `token`, as it reads them; then the end. */
  async feed(token: string, stream: Duplex, rest: AsyncGenerator<Frame>): Promise<void> {
    const input = this.#inputs.get(token);
    for await (const { payload } of rest) {
      if (input === undefined || !input.writable) break;
      if (!input.write(payload))
        await Promise.race([once(input, 'drain'), once(input, 'close')]).catch(() => undefined);
    }
    input?.end();
    stream.destroy();
  }
}

function finish(stream: Duplex, end: ProgramEnd): void {
  sendJson(stream, AGENT.ended, end);
  stream.end();
}

async function obey(program: GuestProgram, rest: AsyncGenerator<Frame>): Promise<void> {
  for await (const { kind, payload } of rest) {
    if (kind === AGENT.resize) program.resize(JSON.parse(payload.toString()) as TerminalSize);
    else if (kind === AGENT.signal) program.signal(payload.toString() as NodeJS.Signals);
  }
}

/** One of a program's outputs on its way to the client. */
class Outflow {
  #lastAt = Date.now();
  #sending = false;
  readonly #over: Promise<unknown>;

  constructor(source: Readable, stream: Duplex, kind: number) {
    this.#over = this.#flow(source, stream, kind).catch(() => undefined);
    stream.once('close', () => source.destroy());
  }

  /** Resolves when no more comes, or none has come for a while although there was room for it. */
  async silence(): Promise<void> {
    const quiet = async () => {
      this.#lastAt = Date.now();
      while (this.#sending || Date.now() - this.#lastAt < SILENCE_MS) await sleep(SILENCE_MS / 5);
    };
    await Promise.race([this.#over, quiet()]);
  }

  async #flow(source: Readable, stream: Duplex, kind: number): Promise<void> {
    for await (const chunk of source) {
      this.#sending = true;
      await sendBytes(stream, kind, chunk as Buffer);
      this.#sending = false;
      this.#lastAt = Date.now();
    }
  }
}
