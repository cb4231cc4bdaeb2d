/** Errors on a terminal: one line what, one why, one what to do. */
import { LabError } from '../lab/lab-error.ts';

/** Prints to stderr; returns the exit code. An error nobody foresaw keeps its stack, for a report. */
export function printError(error: unknown): number {
  const red = paint(31);
  if (error instanceof LabError) {
    const indent = (text: string) => text.replaceAll('\n', '\n       ');
    process.stderr.write(
      `${red('podwire:')} ${error.message}\n  why: ${indent(error.why)}\n  do:  ${indent(error.remedy)}\n`,
    );
    return error.exitCode;
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${red('podwire:')} ${detail}\n`);
  return 1;
}

/** Colours text on a terminal, unless NO_COLOR says otherwise. */
export function paint(code: number, stream: NodeJS.WriteStream = process.stderr): (text: string) => string {
  const colours = stream.isTTY === true && (process.env.NO_COLOR ?? '') === '';
  return colours ? (text) => `\u001b[${code}m${text}\u001b[0m` : (text) => text;
}
