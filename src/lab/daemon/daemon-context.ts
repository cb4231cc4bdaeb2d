/** What every stage of the building works with. */
import type { Netns } from '../../kernel/kernel.ts';
import type { LabPlan } from '../plan-lab.ts';
import type { Recorded } from '../record.ts';
import type { StateDirectory } from '../state-directory.ts';
import type { RecordedKernel } from './recorded-kernel.ts';
import type { Timings } from './timings.ts';

export interface DaemonContext {
  readonly plan: LabPlan;
  readonly directory: StateDirectory;
  readonly kernel: RecordedKernel;
  readonly timings: Timings;
  /** What a daemon that died left, when this one takes over. */
  readonly former?: FormerState;
}

export interface FormerState {
  readonly recorded: Recorded;
  /** The recorded namespaces that stand. */
  readonly standing: ReadonlySet<Netns>;
}
