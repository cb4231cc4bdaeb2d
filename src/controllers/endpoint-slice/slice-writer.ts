/** Carries a slice plan out, and remembers what was written until the informer shows it. */
import type { RecentWrites } from '../../client/recent-writes.ts';
import { ENDPOINT_SLICES } from '../../objects/resource.ts';
import { hasReason, type Transport } from '../../objects/transport.ts';
import type { EndpointSlice } from '../../objects/wire.ts';
import { isNamespaceTerminating } from '../pod-control.ts';
import { stamped } from '../trigger-times.ts';
import type { SlicePlan } from './plan-slices.ts';

/**
 * Creates before it updates before it deletes, so that an endpoint that moves is never in no slice. `trigger`: for what they are written,
 * as `TriggerTimes` has it.
 */
export async function writeSlices(
  transport: Transport,
  writes: RecentWrites<EndpointSlice>,
  plan: SlicePlan,
  trigger?: string,
): Promise<void> {
  for (const slice of plan.create) {
    try {
      writes.wrote(await transport.create(ENDPOINT_SLICES, stamped(slice, trigger)));
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error;
    }
  }
  for (const slice of plan.update) writes.wrote(await transport.update(ENDPOINT_SLICES, stamped(slice, trigger)));
  for (const slice of plan.remove) {
    const { name = '', namespace = '', uid } = slice.metadata ?? {};
    const options = uid === undefined ? {} : { preconditions: { uid } };
    try {
      await transport.delete(ENDPOINT_SLICES, { namespace, name }, options);
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
    }
    writes.deleted(slice);
  }
}
