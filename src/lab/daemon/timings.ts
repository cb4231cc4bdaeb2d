/** How long each part of the building took. Parts that overlap are each measured from their own start. */
import type { BuiltPart } from '../daemon-protocol.ts';

export class Timings {
  readonly parts: BuiltPart[] = [];
  readonly #onBuilt: (part: BuiltPart) => void;

  constructor(onBuilt: (part: BuiltPart) => void) {
    this.#onBuilt = onBuilt;
  }

  /** Runs `action` and reports it as `part` once it has succeeded. */
  async measure<T>(part: string, action: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const result = await action();
    this.report(part, performance.now() - start);
    return result;
  }

  /** Reports a part measured elsewhere; milliseconds. */
  report(part: string, ms: number): void {
    const built = { part, ms: Math.round(ms * 10) / 10 };
    this.parts.push(built);
    this.#onBuilt(built);
  }
}
