/**
 * Elements that several Service ports have in common: a cluster IP is that of every port of its Service, two Services may
 * claim one external IP and port. Which counts is said in claims.ts. Pure.
 */
import type { ServicePortViews } from '../../../objects/service-port-view.ts';
import type { ClaimChange } from '../claims.ts';
import { serviceElements } from './service-rules.ts';
import { type Element, isSameValue } from './table-text.ts';

/** Who has an element, and what it then is. */
export interface Owned {
  readonly owner: string;
  readonly element: Element;
}

/** The elements of all views by id, each with the view it belongs to. */
export function ownedElements(views: ServicePortViews): Map<string, Owned> {
  const owned = new Map<string, Owned>();
  for (const [owner, view] of views) {
    for (const [id, element] of serviceElements(view)) {
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

/** What takes the elements that stood to those that shall. */
export function elementChanges({ touched, before, after }: ClaimChange<Element>): ElementChanges {
  const remove: Element[] = [];
  const add: Element[] = [];
  for (const id of touched) {
    const [was, is] = [before(id), after(id)];
    if (was !== undefined && is !== undefined && isSameValue(was, is)) continue;
    if (was !== undefined) remove.push(was);
    if (is !== undefined) add.push(is);
  }
  return { remove, add };
}
