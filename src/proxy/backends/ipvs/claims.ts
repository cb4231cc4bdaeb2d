/** Who needs what: items by their views, before and after a change. Looks at the views that changed alone. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { ServicePortViews } from '../../../objects/service-port-view.ts';
import { type Item, type ItemOptions, serviceItems } from './service-items.ts';
import type { RenderedState } from './state.ts';

/** The part of a state that says who needs what. */
export type Claims = Pick<RenderedState, 'views' | 'options' | 'claims'>;

export interface ClaimChange {
  readonly claims: ReadonlyMap<string, readonly string[]>;
  /** Ids of items that changed views need now, or needed. */
  readonly touched: ReadonlySet<string>;
  /** The item that stood for an id, and the one that shall. */
  before(id: string): Item | undefined;
  after(id: string): Item | undefined;
}

/** Keys of views that are there in one and not, or not the same, in the other. */
export function changedKeys(before: Omit<Claims, 'claims'>, after: Omit<Claims, 'claims'>): string[] {
  if (!isDeepStrictEqual(before.options, after.options))
    return [...new Set([...before.views.keys(), ...after.views.keys()])];
  if (before.views === after.views) return [];
  return [
    ...[...before.views.keys()].filter((key) => !after.views.has(key)),
    ...[...after.views].filter(([key, view]) => before.views.get(key) !== view).map(([key]) => key),
  ];
}

/** From what stood to `next`. */
export function changeClaims(previous: Claims, next: Omit<Claims, 'claims'>): ClaimChange {
  const old = itemsByKey(previous.views, previous.options);
  const now = itemsByKey(next.views, next.options);
  const claims = new Map(previous.claims);
  const touched = new Set<string>();
  for (const key of changedKeys(previous, next)) {
    for (const id of old(key).keys()) {
      touched.add(id);
      const left = claims.get(id)?.filter((other) => other !== key) ?? [];
      if (left.length === 0) claims.delete(id);
      else claims.set(id, left);
    }
    for (const id of now(key).keys()) {
      touched.add(id);
      claims.set(id, [...(claims.get(id) ?? []), key].sort());
    }
  }
  const itemOf = (owners: ReadonlyMap<string, readonly string[]>, items: typeof old) => (id: string) => {
    const owner = owners.get(id)?.[0];
    return owner === undefined ? undefined : items(owner).get(id);
  };
  return { claims, touched, before: itemOf(previous.claims, old), after: itemOf(claims, now) };
}

/** The items of a view, worked out once. */
function itemsByKey(views: ServicePortViews, options: ItemOptions): (key: string) => ReadonlyMap<string, Item> {
  const known = new Map<string, ReadonlyMap<string, Item>>();
  return (key) => {
    const view = views.get(key);
    let items = known.get(key);
    if (items === undefined) {
      items = view === undefined ? new Map<string, Item>() : serviceItems(view, options);
      known.set(key, items);
    }
    return items;
  };
}
