/**
 * The file a report goes to: refused before anything is built when it cannot be; there in whole or not at all. What is no
 * ordinary file (/dev/null, /dev/stdout, a pipe) is written to as it is: nothing may take its place.
 */
import { closeSync, lstatSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { LabError } from '../../lab/lab-error.ts';

export interface ReportFile {
  /** Never throws: that the disk is full must not end a run before its cleanup. */
  write(lines: readonly string[]): void;
  /** Aborted when the report cannot be written any further. */
  readonly failed: AbortSignal;
  /** Puts the report in its place. Throws a `LabError` when it is not whole; then the former one stays. */
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
  const failure = new AbortController();
  const attempt = (action: () => void): void => {
    if (failure.signal.aborted) return;
    try {
      action();
    } catch (cause) {
      failure.abort(cause);
    }
  };
  return {
    failed: failure.signal,
    write: (lines) => {
      if (lines.length > 0) attempt(() => writeFileSync(file, `${lines.join('\n')}\n`));
    },
    close: () => {
      attempt(() => closeSync(file));
      if (unfinished !== path) attempt(() => renameSync(unfinished, path));
      if (!failure.signal.aborted) return;
      if (unfinished !== path) rmSync(unfinished, { force: true });
      const { reason: cause } = failure.signal;
      throw new LabError({
        what: `the report could not be written to ${path}`,
        why: (cause as Error).message,
        remedy: 'make room there, or name another file with --out, and run it again',
        cause,
      });
    },
  };
}

/** Renamed to its place, a report would make a file of a device or a link. */
function isReplaceable(path: string): boolean {
  const standing = lstatSync(path, { throwIfNoEntry: false });
  return standing === undefined || standing.isFile();
}
