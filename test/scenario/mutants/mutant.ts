/** A claim changed into a false one. */
export interface Mutant<T> {
  /** Which part was changed, and into what: `expect.hops[2].direction → "in"`. */
  readonly what: string;
  readonly claim: T;
}

/** Text that nothing in a lab prints. */
export const NOWHERE = 'nowhere-seen';

/** Names a change; `where` is the part's place. */
export function mutant<T>(where: string, claim: T): Mutant<T> {
  return { what: `${where} → ${JSON.stringify(claim)}`, claim };
}

/** The mutants of a part, as mutants of the whole that it is put into. */
export function within<T, W>(mutants: readonly Mutant<T>[], put: (part: T) => W): Mutant<W>[] {
  return mutants.map(({ what, claim }) => ({ what, claim: put(claim) }));
}

/** The mutants of the items of a list, each as the whole list. */
export function inEach<T>(
  items: readonly T[],
  where: string,
  mutate: (item: T, at: string) => readonly Mutant<T>[],
): Mutant<T[]>[] {
  return items.flatMap((item, index) =>
    within(mutate(item, `${where}[${index}]`), (changed) => items.with(index, changed)),
  );
}

/** The mutants of the values of a mapping, each as the whole mapping. */
export function inEntries<T>(
  mapping: Readonly<Record<string, T>>,
  where: string,
  mutate: (value: T, at: string) => readonly Mutant<T>[],
): Mutant<Record<string, T>>[] {
  return Object.entries(mapping).flatMap(([key, value]) =>
    within(mutate(value, `${where}.${key}`), (changed) => ({ ...mapping, [key]: changed })),
  );
}

/** The step with one part of `expect` changed, for each mutant of each part. */
export function expecting<S extends { readonly expect?: object | undefined }>(
  step: S,
  parts: Readonly<Record<string, readonly Mutant<unknown>[]>>,
): Mutant<S>[] {
  return Object.entries(parts).flatMap(([key, mutants]) =>
    within(mutants, (part) => ({ ...step, expect: { ...step.expect, [key]: part } })),
  );
}
