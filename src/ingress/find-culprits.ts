/** Finds the Ingresses with which the proxy would not start, by trying: one that is bad must not keep the others out. */

export interface Verdict<T> {
  /** Those that are accepted all together. */
  readonly accepted: readonly T[];
  readonly refused: readonly { readonly item: T; readonly why: string }[];
}

/**
 * Tries all at once, and halves what is refused until the culprits are alone: some `2 × culprits × log n` tries. `check` throws with the
 * reason. Earlier items go before later ones.
 */
export async function findCulprits<T>(
  items: readonly T[],
  check: (items: readonly T[]) => Promise<void>,
): Promise<Verdict<T>> {
  const accepted: T[] = [];
  const refused: { item: T; why: string }[] = [];
  const add = async (group: readonly T[]): Promise<void> => {
    const [first] = group;
    if (first === undefined) return;
    try {
      await check([...accepted, ...group]);
      accepted.push(...group);
    } catch (error) {
      if (group.length === 1) {
        refused.push({ item: first, why: error instanceof Error ? error.message : String(error) });
        return;
      }
      const half = Math.ceil(group.length / 2);
      await add(group.slice(0, half));
      await add(group.slice(half));
    }
  };
  await add(items);
  return { accepted, refused };
}
