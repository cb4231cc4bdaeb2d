/** Errors on a terminal: one line what, one why, one what to do. */
import { describeError, describeFullDisk, LabError } from '../lab/lab-error.ts';

/** Prints to stderr; returns the exit code. An error nobody foresaw keeps its stack, for a report. */
export function printError(error: unknown): number {
  const red = paint(31);
  const text = error instanceof LabError ? describeError(error) : describeFullDisk(error);
  if (text !== undefined) {
    const indent = (lines: string) => lines.replaceAll('\n', '\n       ');
    const { what, why, remedy, exitCode = 1 } = text;
    process.stderr.write(`${red('podwire:')} ${what}\n  why: ${indent(why)}\n  do:  ${indent(remedy)}\n`);
    return exitCode;
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
