/** The pipes of a program that is being started: its ends are closed here as soon as it has them, ours when it cannot be had. */
import { closeSync } from 'node:fs';
import type { Kernel } from '../../kernel/kernel.ts';
import { openAll } from '../../kernel/open-all.ts';

export interface ProgramPipe {
  readonly ours: number;
  readonly theirs: number;
}

export interface ProgramPipes {
  /** One that the program writes to. */
  output(): ProgramPipe;
  /** One that it reads. */
  input(): ProgramPipe;
}

/** Gives what `start` gives, which opens the pipes and starts the program; the streams over our ends are made afterwards. */
export function withPipes<T>(kernel: Pick<Kernel, 'openPipe'>, start: (pipes: ProgramPipes) => T): T {
  const theirs: number[] = [];
  try {
    return openAll((keep) => {
      const pipe = (our: 'readEnd' | 'writeEnd', their: 'readEnd' | 'writeEnd'): ProgramPipe => {
        const ends = kernel.openPipe();
        theirs.push(ends[their]);
        return { ours: keep(ends[our]), theirs: ends[their] };
      };
      return start({ output: () => pipe('readEnd', 'writeEnd'), input: () => pipe('writeEnd', 'readEnd') });
    });
  } finally {
    for (const fd of theirs) closeSync(fd);
  }
}
