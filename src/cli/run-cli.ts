/** Runs one command line: parses it, runs the command, prints what failed, says with which exit code. */
import { CommanderError } from 'commander';
import { printError } from './print-error.ts';
import { buildProgram } from './program.ts';

/** Resolves with the exit code: docs/cli.md has them all. */
export async function runCli(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = buildProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    // Commander has printed its own message: 0 for --help and --version, else unusable input.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return printError(error);
  }
}
