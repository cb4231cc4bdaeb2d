/** What every stage of the building works with. */
import type { LabPlan } from '../plan-lab.ts';
import type { StateDirectory } from '../state-directory.ts';
import type { RecordedKernel } from './recorded-kernel.ts';
import type { Timings } from './timings.ts';

export interface DaemonContext {
  readonly plan: LabPlan;
  readonly directory: StateDirectory;
  readonly kernel: RecordedKernel;
  readonly timings: Timings;
}
