/** What every CNI planner gives: batches and the namespace they belong to. */
import type { Batch, Netns } from '../kernel/kernel.ts';

export interface PlacedBatches {
  readonly netns: Netns;
  readonly batches: readonly Batch[];
}
