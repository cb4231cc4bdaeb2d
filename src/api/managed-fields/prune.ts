/**
 * Removes what an applier has stopped to state: fields it claimed last time, does not claim now, and that nobody else
 * claims. Source: structured-merge-diff, merge/update.go (prune). Pure.
 */
import { difference, type FieldSet, intersection, union, withNamedFields } from './field-set.ts';
import type { FieldType } from './field-type.ts';
import { fieldsOf } from './fields-of.ts';
import { removeFields } from './remove-fields.ts';

/** `last`: what the applier claimed before; `claimed`: what anybody claims now, the applier included. */
export function prune(type: FieldType, merged: unknown, last: FieldSet, claimed: FieldSet): unknown {
  const named = (set: FieldSet) => withNamedFields(set, type);
  const all = named(fieldsOf(type, merged));
  const formerly = named(last);
  const bare = removeFields(type, merged, formerly);
  const kept = union(named(fieldsOf(type, bare)), named(claimed));
  const owned = removeFields(type, merged, difference(all, kept));
  // Removing an element took with it what others have set below it without claiming it: only what was the applier's goes.
  const gone = difference(all, named(fieldsOf(type, owned)));
  return removeFields(type, merged, intersection(gone, formerly));
}
