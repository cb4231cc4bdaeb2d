/** Several streams at once, read as if one came after the other. */

/**
 * Runs at most `jobs` of the streams at a time and passes on what they give, each stream's items together and in the
 * order of the streams. Returns what each returned. When one throws, `giveUp` is called, the others are read to their
 * end, and the error is thrown.
 */
export async function* inOrder<T, R>(
  streams: readonly (() => AsyncGenerator<T, R>)[],
  { jobs, giveUp }: { readonly jobs: number; giveUp(): void },
): AsyncGenerator<T, R[]> {
  const lanes = streams.map(() => new Lane<T, R>());
  let next = 0;
  let failed = false;
  const work = async (): Promise<void> => {
    while (next < streams.length && !failed) {
      const index = next;
      next += 1;
      await lanes[index]!.fill(streams[index]!()).catch(() => {
        failed = true;
        giveUp();
      });
    }
  };
  const working = Promise.all(Array.from({ length: Math.min(jobs, streams.length) }, work));
  try {
    const results: R[] = [];
    for (const lane of lanes) results.push(yield* lane.drain());
    return results;
  } finally {
    // Also when the reader goes away: nothing may go on unseen.
    if (lanes.some(({ isOpen }) => isOpen)) {
      failed = true;
      giveUp();
    }
    await working;
  }
}

/** One stream's items on their way from its producer to the reader. */
class Lane<T, R> {
  readonly #items: T[] = [];
  readonly #ended = Promise.withResolvers<R>();
  #isOpen = true;
  #wake = (): void => undefined;

  constructor() {
    // Taken up by `drain`; until then it is not unhandled.
    this.#ended.promise.catch(() => undefined);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Reads the stream to its end. Rejects as the stream does. */
  async fill(stream: AsyncGenerator<T, R>): Promise<void> {
    try {
      for (;;) {
        const { value, done } = await stream.next();
        if (done === true) {
          this.#end(() => this.#ended.resolve(value));
          return;
        }
        this.#items.push(value);
        this.#wake();
      }
    } catch (error) {
      this.#end(() => this.#ended.reject(error));
      throw error;
    }
  }

  async *drain(): AsyncGenerator<T, R> {
    for (;;) {
      yield* this.#items.splice(0);
      if (!this.#isOpen && this.#items.length === 0) return await this.#ended.promise;
      if (this.#isOpen && this.#items.length === 0)
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }

  #end(settle: () => void): void {
    this.#isOpen = false;
    settle();
    this.#wake();
  }
}
