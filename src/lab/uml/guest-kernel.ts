/** What observers on the host ask of the guest's kernel: the part of `Kernel` that reads and starts programs. */
import { text } from 'node:stream/consumers';
import type { Kernel, KernelProcess, Netns, ReadResult, SpawnOptions } from '../../kernel/kernel.ts';
import { KernelError } from '../../kernel/kernel-error.ts';
import type { RunRequest } from './agent-protocol.ts';
import { type RemoteProgram, startRemote } from './remote-program.ts';

export class GuestKernel implements Pick<Kernel, 'read' | 'spawn'> {
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  async read(netns: Netns, argv: readonly [string, ...string[]], stdin?: string): Promise<ReadResult> {
    const program = this.#start(netns, argv, { stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] });
    program.input?.end(stdin);
    const [stdout, stderr, { code, signal, error }] = await Promise.all([
      text(program.output),
      text(program.errors),
      program.ended,
    ]);
    if (code !== null) return { stdout, stderr, exitCode: code };
    const why = error ?? (signal === 'SIGKILL' ? 'killed, or the guest is gone' : `ended by ${signal}`);
    throw new KernelError({ netns, tool: argv[0], line: argv.join(' '), stderr: stderr || why });
  }

  /** Its pid is not known on the host, and 0. One that cannot be started ends with 127. */
  spawn(netns: Netns, argv: readonly [string, ...string[]], options: SpawnOptions = {}): KernelProcess {
    const program = this.#start(netns, argv, options);
    return {
      pid: 0,
      stdin: program.input,
      stdout: program.output,
      stderr: program.errors,
      exited: program.ended.then(({ code, signal, error }) => ({ code: error === undefined ? code : 127, signal })),
      kill: (signal = 'SIGTERM') => program.signal(signal),
    };
  }

  #start(netns: Netns, argv: readonly [string, ...string[]], { stdio, env, cwd }: SpawnOptions): RemoteProgram {
    const [input, output, errors] = (stdio ?? ['pipe', 'pipe', 'pipe']).map((kind) =>
      kind === 'pipe' ? ('pipe' as const) : ('none' as const),
    );
    const request: RunRequest = {
      argv,
      netns,
      cwd: cwd ?? process.cwd(),
      stdio: [input!, output!, errors!],
      ...(env === undefined ? {} : { env }),
    };
    return startRemote(this.#socketPath, request);
  }
}
