/** Bytes as they come, taken in the lengths that are wanted; joined only when they are taken. */
export class ByteQueue {
  #chunks: Buffer[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** Exactly `count` bytes; there must be as many. */
  take(count: number): Buffer {
    const first = this.#chunks[0];
    if (first === undefined || count === 0) return Buffer.alloc(0);
    if (first.length >= count) return this.#takeOfFirst(count);
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return this.#takeOfFirst(count);
  }

  /** Some bytes, at least one and at most `most`, without joining any; there must be one. */
  takeSome(most: number): Buffer {
    return this.#takeOfFirst(Math.min(most, this.#chunks[0]!.length));
  }

  #takeOfFirst(count: number): Buffer {
    const first = this.#chunks[0]!;
    if (count === first.length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(count);
    this.#length -= count;
    return first.subarray(0, count);
  }
}
