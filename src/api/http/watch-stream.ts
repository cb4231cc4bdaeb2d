/**
 * One watcher's connection: frames go out as fast as it reads. What it has not read yet waits in a bounded buffer; a
 * watcher that lets it fill up is cut off (it will list anew), the others notice nothing.
 */
import type { ServerResponse } from 'node:http';
import { drained } from './drain.ts';

/** What one watcher may leave unread, beyond what the socket holds. */
export const UNREAD_LIMIT_BYTES = 8 * 1024 * 1024;

export class WatchStream {
  readonly #response: ServerResponse;
  readonly #limit: number;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #scheduled = false;
  /** Set while the initial state is being written: live events wait for it. */
  #held = true;

  constructor(response: ServerResponse, limit = UNREAD_LIMIT_BYTES) {
    this.#response = response;
    this.#limit = limit;
    response.on('drain', () => this.#flush());
  }

  /** Resolves when the connection has taken all pieces, or is gone. */
  async writeInitial(pieces: Iterable<string>): Promise<void> {
    for (const piece of pieces) {
      if (this.#response.destroyed || this.#response.writableEnded) return;
      if (!this.#response.write(piece)) await drained(this.#response);
    }
  }

  /** Lets live events go out. */
  release(): void {
    this.#held = false;
    this.#flush();
  }

  /** Queues one frame; frames of the same turn of the event loop go out in one write. */
  push(frame: Uint8Array): void {
    if (this.#response.destroyed || this.#response.writableEnded) return;
    this.#pending.push(frame);
    this.#pendingBytes += frame.byteLength;
    if (this.#pendingBytes > this.#limit) {
      this.#pending = [];
      this.#response.destroy();
    } else if (!this.#scheduled && !this.#held) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.#flush();
      });
    }
  }

  /** Ends the stream as a server does whose time is up: cleanly, after what was queued. */
  end(): void {
    this.#held = false;
    this.#flush();
    this.#response.end();
    void drained(this.#response);
  }

  #flush(): void {
    if (this.#held || this.#pending.length === 0 || this.#response.destroyed || this.#response.writableNeedDrain)
      return;
    const frames = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    // The frames are other watchers' too: they go out as they are, in one write of the socket, and are not copied.
    this.#response.cork();
    for (const frame of frames) this.#response.write(frame);
    this.#response.uncork();
    if (this.#response.writableNeedDrain) void drained(this.#response);
  }
}
