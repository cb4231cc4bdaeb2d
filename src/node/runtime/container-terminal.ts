/**
 * The terminal of a container's own program. It is one of the container's devpts, so it exists only once the container stands: what is
 * typed and sized before waits here. What the tools say that make the container is shown before what the program says.
 */
import { closeSync } from 'node:fs';
import { type Duplex, PassThrough, type Readable, type Writable } from 'node:stream';
import type { Kernel, Pty, TerminalSize } from '../../kernel/kernel.ts';
import { terminalStream } from './descriptor-streams.ts';
import { terminalInput } from './exec-session.ts';

/** Where the tools that make the container see its devpts. */
const DEVPTS = 'container/dev/pts';

type Master = Pick<Pty, 'master' | 'resize'>;

export class ContainerTerminal {
  /** What is typed; the end of it is typed too. */
  readonly input: Writable;
  /** Ends when the program and the tools that started it have let go of it. */
  readonly output: Readable;
  readonly #input = new PassThrough();
  readonly #output = new PassThrough();
  #size: TerminalSize = { columns: 80, rows: 24 };
  #open: { readonly pty: Master; readonly stream: Duplex } | undefined;
  #slave: number | undefined;
  #sources = 0;

  /** `complaints`: standard error of the tools. */
  constructor(complaints: Readable) {
    this.input = this.#input;
    this.output = this.#output;
    this.#show(complaints);
  }

  /**
   * Opens it in the container whose PID 1 (on the host) still is one of the tools; gives its name within the devpts. Undefined, and a line
   * that says why, when it cannot be opened.
   */
  open(kernel: Kernel, initPid: number): string | undefined {
    let pty: Pty;
    try {
      pty = kernel.openPty(this.#size, { pid: initPid, directory: DEVPTS });
    } catch (error) {
      this.#output.write(`no terminal: ${(error as Error).message}\n`);
      return undefined;
    }
    this.#slave = pty.slave;
    this.take(pty);
    return pty.name;
  }

  /** Takes one that is open. */
  take(pty: Master): void {
    const stream = terminalStream(pty.master);
    this.#open = { pty, stream };
    this.#show(stream);
    this.#input.pipe(terminalInput(stream));
  }

  /** To be called when the program's side has been opened by its name: until then somebody must hold it open. */
  handedOver(): void {
    if (this.#slave !== undefined) closeSync(this.#slave);
    this.#slave = undefined;
  }

  /** The descriptor of our side, while it is open. */
  get master(): number | undefined {
    return this.#open?.stream.destroyed === false ? this.#open.pty.master : undefined;
  }

  resize(size: TerminalSize): void {
    this.#size = size;
    if (this.#open?.stream.destroyed === false) this.#open.pty.resize(size);
  }

  #show(source: Readable): void {
    this.#sources += 1;
    source.pipe(this.#output, { end: false });
    source.on('error', () => undefined);
    source.once('close', () => {
      this.#sources -= 1;
      if (this.#sources === 0) this.#output.end();
    });
  }
}
