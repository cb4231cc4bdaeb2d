/** Whether the mutants of a step change every part of what it claims. */
import type { Mutant } from './mutant.ts';

/** The places of what a step claims, as opposed to what it does. */
const CLAIMS = /^(?:expect\.|assert\.|wait\.(?:for|count)$|fault\.is|proxyMode\.scheduler$)/;

/** Paths of leaves of the step's claims that are the same in all mutants. */
export function untouched(step: unknown, mutants: readonly Mutant<{ readonly step: unknown }>[]): string[] {
  const changed = mutants.map(({ claim }) => new Map(leavesOf(claim.step)));
  return leavesOf(step).flatMap(([path, value]) =>
    CLAIMS.test(path) && changed.every((leaves) => leaves.get(path) === value) ? [path] : [],
  );
}

/** Every leaf with its path, in texts that can be compared. */
function leavesOf(value: unknown, path = ''): [string, string][] {
  if (typeof value !== 'object' || value === null) return [[path, JSON.stringify(value) ?? 'undefined']];
  const entries = Object.entries(value);
  if (entries.length === 0) return [[path, '{}']];
  return entries.flatMap(([key, child]) => leavesOf(child, path === '' ? key : `${path}.${key}`));
}
