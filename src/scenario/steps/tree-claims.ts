/** What is claimed of an object: a tree of fields that must be in it. Pure. */
import type { ApiObject } from '../../objects/wire.ts';
import type { Check } from '../events.ts';
import { differences, leaves } from '../match.ts';

/** One check for the whole tree: every leaf expected, beside those that differ. */
export function checkTree(what: string, tree: Record<string, unknown>, object: ApiObject): Check {
  const found = differences(tree, object);
  const said = leaves(tree).join(', ');
  const observed = found.map(({ path, observed: value }) => `${path}: ${JSON.stringify(value) ?? 'absent'}`).join(', ');
  const held = found.length === 0;
  return { expected: `${what} has ${said}`, observed: held ? 'it has' : observed, held };
}
