/** Which Service ports differ between two sets of views. A view that did not change is the same object. Pure. */
import type { ServicePortViews } from '../../objects/service-port-view.ts';

/** Keys of views that are gone, then of those that are new or another. */
export function changedKeys(before: ServicePortViews, after: ServicePortViews): string[] {
  if (before === after) return [];
  const keys: string[] = [];
  for (const key of before.keys()) if (!after.has(key)) keys.push(key);
  for (const [key, view] of after) if (before.get(key) !== view) keys.push(key);
  return keys;
}
