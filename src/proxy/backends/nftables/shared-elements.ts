/**
 * Elements that several Service ports have in common: a cluster IP is that of every port of its Service, two Services may
 * claim one external IP and port. An element stands once; of two that differ, the one of the Service port whose key comes
 * first counts, whichever was there first: so changes one by one lead where a full sync leads. Pure.
 */
import type { ServicePortViews } from '../../../objects/service-port-view.ts';
import { serviceElements } from './service-rules.ts';
import { type Element, isSameValue } from './table-text.ts';

/** Who has an element, and what it then is. */
export interface Owned {
  readonly owner: string;
  readonly element: Element;
}

/** The elements of all views, each with the view it belongs to; with `wanted`, only those with such an id. */
export function ownedElements(views: ServicePortViews, wanted?: ReadonlySet<string>): Map<string, Owned> {
  const owned = new Map<string, Owned>();
  for (const [owner, view] of views) {
    for (const element of serviceElements(view)) {
      const { id } = element;
      if (wanted !== undefined && !wanted.has(id)) continue;
      const other = owned.get(id);
      if (other === undefined || owner < other.owner) owned.set(id, { owner, element });
    }
  }
  return owned;
}

export interface ElementChanges {
  readonly remove: readonly Element[];
  readonly add: readonly Element[];
}

/** What takes the elements of `before` to those of `after`, when only the views of `changed` differ. */
export function elementChanges(
  before: ServicePortViews,
  after: ServicePortViews,
  changed: readonly string[],
): ElementChanges {
  const touched = new Set<string>();
  for (const key of changed) {
    for (const views of [before, after]) {
      const view = views.get(key);
      if (view !== undefined) for (const element of serviceElements(view)) touched.add(element.id);
    }
  }
  const old = ownedElements(before, touched);
  const now = ownedElements(after, touched);
  const remove: Element[] = [];
  const add: Element[] = [];
  for (const id of touched) {
    const was = old.get(id)?.element;
    const is = now.get(id)?.element;
    if (was !== undefined && is !== undefined && isSameValue(was, is)) continue;
    if (was !== undefined) remove.push(was);
    if (is !== undefined) add.push(is);
  }
  return { remove, add };
}
