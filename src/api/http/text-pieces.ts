/** Long answers in pieces: large enough to be worth a write, small enough that a slow client keeps little of them waiting. */

const PIECE_CHARACTERS = 64 * 1024;

/** The texts of `items` with `separator` between them, in pieces; each is made when it is asked for. */
export function* inPieces<T>(items: Iterable<T>, render: (item: T) => string, separator: string): Iterable<string> {
  let piece = '';
  let between = '';
  for (const item of items) {
    piece += between + render(item);
    between = separator;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}
