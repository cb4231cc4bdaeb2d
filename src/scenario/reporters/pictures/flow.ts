/** Things side by side, in as many rows as they need. Pure. */

export interface Placed<T> {
  readonly item: T;
  readonly x: number;
}

export interface Row<T> {
  readonly items: readonly Placed<T>[];
  /** Of the tallest. */
  readonly height: number;
}

/** Rows from `left`, no wider than to `right` unless one thing is. */
export function flow<T extends { readonly width: number; readonly height: number }>(
  items: readonly T[],
  { left, right, gap }: { readonly left: number; readonly right: number; readonly gap: number },
): Row<T>[] {
  const rows: { items: Placed<T>[]; height: number }[] = [];
  let x = left;
  for (const item of items) {
    const last = rows.at(-1);
    const row = last === undefined || x + item.width > right ? { items: [], height: 0 } : last;
    if (row !== last) {
      rows.push(row);
      x = left;
    }
    row.items.push({ item, x });
    row.height = Math.max(row.height, item.height);
    x += item.width + gap;
  }
  return rows;
}
