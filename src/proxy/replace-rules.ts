/** One backend's rules in the place of another's: the new are in before the former go, so no connection meets neither. */
import type { ServicePortViews } from '../objects/service-port-view.ts';
import type { NodeRules } from './node-rules.ts';

/** Rules of one family, old and new, with what they are for. */
export interface Replacement {
  readonly former: NodeRules;
  readonly next: NodeRules;
  readonly views: ServicePortViews;
}

/** Writes all new rules. When one cannot be written, what was written of them is removed again, and the former stay. */
export async function writeNext(replacements: readonly Replacement[]): Promise<void> {
  try {
    for (const { former } of replacements) await former.prepareToLeave();
    for (const { next, views } of replacements) await next.sync(views);
  } catch (error) {
    // Its own error would only hide the first one.
    await Promise.allSettled(replacements.map(({ former, next }) => next.cleanup(former.rules)));
    await Promise.allSettled(replacements.map(({ former }) => former.stay()));
    throw error;
  }
}

/** Retires all former rules, also those behind one that cannot be; throws its error at the end. */
export async function retireFormer(replacements: readonly Replacement[]): Promise<void> {
  const errors: unknown[] = [];
  // One family after the other: what both have in common goes with the last.
  for (const { former, next } of replacements)
    await former.retire(next.rules).catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}
