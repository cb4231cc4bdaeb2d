/**
 * One tree for all objects that are owned alike. Ten thousand Services of one shape differ in names and addresses, not in
 * which fields their manager states; without this their FieldsV1 would take more room than they do. Sets are made the same
 * way again and again, so the text of one as it was made leads to the shared one; only a new text is put in order.
 */
import { type FieldSet, textOf } from './field-set.ts';

/** Texts kept at hand; the one longest unused goes first. Sets in use live on in the objects that hold them. */
const MOST = 4096;

const sets = new Map<string, FieldSet>();

/** A set with the same members, its elements in the order of FieldsV1. */
export function sharedSet(set: FieldSet): FieldSet {
  const made = JSON.stringify(set);
  const known = sets.get(made);
  if (known !== undefined) {
    keep(made, known);
    return known;
  }
  const ordered = textOf(set);
  const shared = sets.get(ordered) ?? (JSON.parse(ordered) as FieldSet);
  keep(ordered, shared);
  keep(made, shared);
  return shared;
}

function keep(text: string, set: FieldSet): void {
  sets.delete(text);
  sets.set(text, set);
  if (sets.size > MOST) sets.delete(sets.keys().next().value!);
}
