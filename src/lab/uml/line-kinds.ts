/** What frames on the line mean. `id` is the stream's, except where it is said. */
export const LINE = {
  /** Guest → host, once: the guest listens. */
  hello: 0,
  /** Guest → host: `id` bytes of the line have been read. */
  taken: 1,
  /** Host → guest: a new stream. */
  open: 2,
  data: 3,
  /** No more data this way. */
  end: 4,
  /** The stream is given up, both ways. */
  reset: 5,
  /** The receiver takes as many more bytes (32 bits). */
  credit: 6,
} as const;
