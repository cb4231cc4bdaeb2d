/**
 * Who needs what: Service ports may share an item of the kernel (the cluster IP of all ports of a Service, an external IP of
 * two). It stands once, and as the Service port has it whose key comes first: so changes one by one lead where a full sync
 * leads. A change looks at the views that changed alone, however many there are. Pure.
 */
import type { ServicePortView, ServicePortViews } from '../../objects/service-port-view.ts';
import { LayeredMap } from './layered-map.ts';

/** By an item's id, the keys of the views that need it, in order. */
export type Claims = LayeredMap<string, readonly string[]>;

export const NO_CLAIMS: Claims = new LayeredMap();

/** Views, and the items of one by their ids. */
export interface Claimants<Item> {
  readonly views: ServicePortViews;
  itemsOf(view: ServicePortView): ReadonlyMap<string, Item>;
}

export interface ClaimChange<Item> {
  readonly claims: Claims;
  /** Ids of items that changed views need now, or needed. */
  readonly touched: ReadonlySet<string>;
  /** The item that stood for an id, and the one that shall. */
  before(id: string): Item | undefined;
  after(id: string): Item | undefined;
}

/** From what stood to `next`, when all views but those of `changed` give the same items. */
export function changeClaims<Item>(
  previous: Claimants<Item> & { readonly claims: Claims },
  next: Claimants<Item>,
  changed: Iterable<string>,
): ClaimChange<Item> {
  const old = itemsByKey(previous);
  const now = itemsByKey(next);
  const changes = new Map<string, readonly string[] | undefined>();
  const present = (id: string) => (changes.has(id) ? changes.get(id) : previous.claims.get(id)) ?? [];
  const touched = new Set<string>();
  for (const key of changed) {
    for (const id of old(key).keys()) {
      touched.add(id);
      const left = present(id).filter((other) => other !== key);
      changes.set(id, left.length === 0 ? undefined : left);
    }
    for (const id of now(key).keys()) {
      touched.add(id);
      changes.set(id, [...present(id), key].sort());
    }
  }
  const claims = previous.claims.with(changes);
  const itemOf = (owners: Claims, items: typeof old) => (id: string) => {
    const owner = owners.get(id)?.[0];
    return owner === undefined ? undefined : items(owner).get(id);
  };
  return { claims, touched, before: itemOf(previous.claims, old), after: itemOf(claims, now) };
}

/** The items of a view by its key, worked out once. */
function itemsByKey<Item>({ views, itemsOf }: Claimants<Item>): (key: string) => ReadonlyMap<string, Item> {
  const known = new Map<string, ReadonlyMap<string, Item>>();
  return (key) => {
    let items = known.get(key);
    if (items === undefined) {
      const view = views.get(key);
      items = view === undefined ? new Map<string, Item>() : itemsOf(view);
      known.set(key, items);
    }
    return items;
  };
}
