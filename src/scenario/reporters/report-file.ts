/**
 * The file a report goes to: refused before anything is built when it cannot be; there in whole or not at all. What is no
 * ordinary file (/dev/null, /dev/stdout, a pipe) is written to as it is: nothing may take its place.
 */
import { closeSync, lstatSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { LabError } from '../../lab/lab-error.ts';

export interface ReportFile {
  write(lines: readonly string[]): void;
  /** Puts the report in its place. */
  close(): void;
}

/** Opens it, beside its place until it is whole. Throws a `LabError` (exit code 2). */
export function openReportFile(path: string): ReportFile {
  let unfinished: string;
  let file: number;
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) throw new Error(`${path} is a folder`);
    unfinished = isReplaceable(path) ? `${path}.${process.pid}.part` : path;
    file = openSync(unfinished, 'w', 0o644);
  } catch (cause) {
    throw new LabError({
      what: `the report cannot be written to ${path}`,
      why: (cause as Error).message,
      remedy: 'name a file in a folder that is there and may be written to: --out report.xml',
      exitCode: 2,
      cause,
    });
  }
  return {
    write: (lines) => {
      if (lines.length > 0) writeSync(file, `${lines.join('\n')}\n`);
    },
    close: () => {
      closeSync(file);
      if (unfinished !== path) renameSync(unfinished, path);
    },
  };
}

/** Renamed to its place, a report would make a file of a device or a link. */
function isReplaceable(path: string): boolean {
  const standing = lstatSync(path, { throwIfNoEntry: false });
  return standing === undefined || standing.isFile();
}
