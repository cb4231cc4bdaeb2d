/**
 * Windows, per stream and for the connection (which is stream 0). Kubernetes' clients neither count what they send nor tell
 * what they have read: for them TCP alone limits. So our sending is held to the windows from the first sign that a
 * client counts, as if it had been from the beginning.
 */

/** What every window begins with. */
const WINDOW_BYTES = 64 * 1024;
/** Bytes taken are told of in portions. */
const PORTION_BYTES = WINDOW_BYTES / 2;
const CONNECTION = 0;

/** What the client still takes. */
export class SendCredit {
  readonly #left = new Map([[CONNECTION, WINDOW_BYTES]]);
  #initial = WINDOW_BYTES;
  #counted = false;

  open(id: number): void {
    this.#left.set(id, this.#initial);
  }

  close(id: number): void {
    this.#left.delete(id);
  }

  /** Bytes that may be sent on the stream now; none when zero or less. */
  available(id: number): number {
    if (!this.#counted) return Number.POSITIVE_INFINITY;
    return Math.min(this.#left.get(CONNECTION) ?? 0, this.#left.get(id) ?? 0);
  }

  spend(id: number, bytes: number): void {
    this.#add(CONNECTION, -bytes);
    this.#add(id, -bytes);
  }

  /** A WINDOW_UPDATE frame. */
  grant(id: number, bytes: number): void {
    this.#counted = true;
    this.#add(id, bytes);
  }

  /** A SETTINGS frame: the new first window moves those of all streams. */
  setInitial(bytes: number): void {
    this.#counted = true;
    for (const id of this.#left.keys()) if (id !== CONNECTION) this.#add(id, bytes - this.#initial);
    this.#initial = bytes;
  }

  #add(id: number, bytes: number): void {
    const left = this.#left.get(id);
    if (left !== undefined) this.#left.set(id, left + bytes);
  }
}

/** What we have taken and not told the client yet. */
export class Acknowledgements {
  readonly #taken = new Map<number, number>();

  /** Bytes to tell of now, if any. */
  taken(id: number, bytes: number): number | undefined {
    const sum = (this.#taken.get(id) ?? 0) + bytes;
    const due = sum >= PORTION_BYTES;
    this.#taken.set(id, due ? 0 : sum);
    return due ? sum : undefined;
  }

  close(id: number): void {
    this.#taken.delete(id);
  }
}
