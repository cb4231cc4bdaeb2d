/** Runs a program in the guest on this process's own terminal, as if it ran here. */
import { constants } from 'node:os';
import type { ReadStream, WriteStream } from 'node:tty';
import { NOT_FOUND } from '../../kernel/program.ts';
import type { RunRequest, StandardStream } from './agent-protocol.ts';
import { type RemoteProgram, startRemote } from './remote-program.ts';

const FORWARDED = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP'] as const;

/** Resolves with its exit code: 128 + n for signal n, also when the guest is killed meanwhile. */
export async function attachInGuest(
  socketPath: string,
  argv: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const { stdin, stdout, stderr } = process;
  const stdio = standardStreams(stdin, stdout, stderr);
  const screen = [stdout, stderr].find(({ isTTY }) => isTTY);
  const request: RunRequest = {
    argv,
    netns: '',
    cwd: process.cwd(),
    env: Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined)),
    stdio,
    ...(screen === undefined ? {} : { size: sizeOf(screen) }),
  };
  const program = startRemote(socketPath, request);
  const letGo = connectLocal(program, stdio[0] === 'terminal', screen);
  try {
    const { code, signal, error } = await program.ended;
    if (error !== undefined) process.stderr.write(`${error}\n`);
    return error !== undefined ? NOT_FOUND : (code ?? 128 + constants.signals[signal ?? 'SIGKILL']);
  } finally {
    letGo();
  }
}

/** What is a terminal here is one there; what is a pipe or a file here is a pipe there. */
function standardStreams(
  input: { isTTY?: boolean },
  output: { isTTY?: boolean },
  errors: { isTTY?: boolean },
): [StandardStream, StandardStream, StandardStream] {
  const kind = ({ isTTY }: { isTTY?: boolean }) => (isTTY === true ? 'terminal' : 'pipe');
  // Without a screen, what is typed must be echoed here.
  const hasScreen = output.isTTY === true || errors.isTTY === true;
  return [hasScreen ? kind(input) : 'pipe', kind(output), kind(errors)];
}

/** Joins the program with this process's streams and signals; the returned function parts them. */
function connectLocal(program: RemoteProgram, isRaw: boolean, screen: WriteStream | undefined): () => void {
  const { stdin, stdout, stderr } = process;
  program.output.pipe(stdout, { end: false });
  program.errors.pipe(stderr, { end: false });
  if (isRaw) (stdin as ReadStream).setRawMode(true);
  stdin.pipe(program.input!);
  const resize = () => screen !== undefined && program.resize(sizeOf(screen));
  screen?.on('resize', resize);
  const forwards = FORWARDED.map((signal) => [signal, () => program.signal(signal)] as const);
  for (const [signal, forward] of forwards) process.on(signal, forward);
  return () => {
    for (const [signal, forward] of forwards) process.off(signal, forward);
    screen?.off('resize', resize);
    if (isRaw) (stdin as ReadStream).setRawMode(false);
    stdin.destroy();
  };
}

function sizeOf({ columns, rows }: WriteStream): { columns: number; rows: number } {
  return { columns, rows };
}
