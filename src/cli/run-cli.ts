/** Runs one command line: parses it, runs the command, prints what failed, says with which exit code. */
import { CommanderError } from 'commander';
import { LabError } from '../lab/lab-error.ts';
import { printError } from './print-error.ts';
import { buildProgram } from './program.ts';

/** Resolves with the exit code: docs/cli.md has them all. */
export async function runCli(argv: readonly string[]): Promise<number> {
  // Whoever read us may have seen enough (`| head`): what is left is said to nobody, and the command ends as it would.
  for (const output of [process.stdout, process.stderr]) output.on('error', ignoreBrokenPipe);
  let exitCode = 0;
  const program = buildProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    // --help and --version end this way too.
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    return printError(error instanceof CommanderError ? usageError(error, argv[2]) : error);
  }
}

function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

/** Commander's own words (a near miss among them), with what to do. */
function usageError(error: CommanderError, command: string | undefined): LabError {
  const known = command !== undefined && !command.startsWith('-') && error.code !== 'commander.unknownCommand';
  const [what = '', ...more] = error.message.replace(/^error: /, '').split('\n');
  return new LabError({
    what,
    why: more.join(' ') || 'the command line is not one that podwire understands',
    remedy: `podwire ${known ? `${command} ` : ''}--help`,
    exitCode: 2,
    cause: error,
  });
}
