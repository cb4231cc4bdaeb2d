/** A refusal or failure a user can act on: one line what, one line why, one line what to do. */
export class LabError extends Error {
  override readonly name = 'LabError';
  readonly why: string;
  readonly remedy: string;
  /** 2: the input is unusable; 1: anything else. */
  readonly exitCode: 1 | 2;

  constructor(fields: { what: string; why: string; remedy: string; exitCode?: 1 | 2; cause?: unknown }) {
    super(fields.what, { cause: fields.cause });
    this.why = fields.why;
    this.remedy = fields.remedy;
    this.exitCode = fields.exitCode ?? 1;
  }
}

/** The same as it travels from the daemon. */
export interface LabErrorText {
  readonly what: string;
  readonly why: string;
  readonly remedy: string;
  readonly exitCode?: 1 | 2;
}

/** SQLite's result code for a full disk (sqlite3.h, SQLITE_FULL). */
const SQLITE_FULL = 13;

/** The three lines of a disk that is full; undefined for any other error. */
export function describeFullDisk(error: unknown): LabErrorText | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errcode = 0, message } = error as NodeJS.ErrnoException & { errcode?: number };
  if (code !== 'ENOSPC' && (errcode & 0xff) !== SQLITE_FULL) return undefined;
  const remedy = 'free some space where the lab’s folder is (`df /run/podwire`), then try again';
  return { what: 'no space left for the lab', why: message, remedy };
}

/** The three lines of any error; `adopts` when the lab stood before. */
export function describeError(error: unknown, adopts = false): LabErrorText {
  if (error instanceof LabError) {
    const { message: what, why, remedy, exitCode } = error;
    return { what, why, remedy, exitCode };
  }
  const full = describeFullDisk(error);
  if (full !== undefined) return full;
  const message = error instanceof Error ? error.message : String(error);
  if (adopts) {
    return {
      what: 'the lab could not be taken over',
      why: message,
      remedy: 'what it kept is kept; see its daemon.log, then try again, or remove it with `podwire down`',
    };
  }
  return {
    what: 'the lab could not be built',
    why: message,
    remedy: 'the lab has been removed; `podwire check` says what this host can do',
  };
}
