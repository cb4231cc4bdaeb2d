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

/** The same three lines as they travel from the daemon. */
export interface LabErrorText {
  readonly what: string;
  readonly why: string;
  readonly remedy: string;
}

/** The three lines of any error; `adopts` when the lab stood before. */
export function describeError(error: unknown, adopts = false): LabErrorText {
  if (error instanceof LabError) return { what: error.message, why: error.why, remedy: error.remedy };
  const message = error instanceof Error ? error.message : String(error);
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOSPC') {
    return { what: 'no space left for the lab', why: message, remedy: 'free some space there, then try again' };
  }
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
