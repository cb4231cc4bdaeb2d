/** A plan as the shell text that would carry it out: what golden tests compare. */
import type { PlacedBatches } from '../../src/cni/placed-batches.ts';
import type { Batch } from '../../src/kernel/kernel.ts';
import { RecordingKernel } from '../../src/kernel/recording-kernel.ts';

export async function shellText(...placed: readonly PlacedBatches[]): Promise<string> {
  const kernel = new RecordingKernel();
  for (const { netns, batches } of placed) await kernel.run(netns, batches);
  return kernel.dump();
}

export const inNode = (batches: readonly Batch[]): PlacedBatches => ({ netns: 'lab.node-1', batches });
