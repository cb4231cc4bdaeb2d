/** Keeps the latest snapshot and tells whoever listens when it has changed; changes within a moment are merged. */
import type { LabSnapshot } from '../lab-snapshot.ts';

const MERGE_MS = 20;

export class SnapshotFeed {
  readonly #draw: () => LabSnapshot;
  readonly #listeners = new Set<(snapshot: LabSnapshot) => void>();
  #timer: NodeJS.Timeout | undefined;

  constructor(draw: () => LabSnapshot) {
    this.#draw = draw;
  }

  /** The lab now. */
  current(): LabSnapshot {
    return this.#draw();
  }

  /** Something the snapshot shows has changed. */
  changed(): void {
    if (this.#listeners.size === 0 || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const snapshot = this.#draw();
      for (const listener of this.#listeners) listener(snapshot);
    }, MERGE_MS);
  }

  /** Calls `listener` with the snapshot now and after each change, until the returned function is called. */
  subscribe(listener: (snapshot: LabSnapshot) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#draw());
    return () => this.#listeners.delete(listener);
  }
}
