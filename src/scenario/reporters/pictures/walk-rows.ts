/**
 * Where the hops of a walk and the notes beside them are, from top to bottom: one hop a row. Notes go to a corner of their hop
 * that no line crosses: the line that comes is above the hop, the one that leaves below it. Pure.
 */
import type { Hop } from '../../../walk/hops.ts';
import { widthOf } from './svg.ts';
import type { Note } from './walk-notes.ts';

export const NOTE = { font: 10.5, height: 15, padding: 5 };
const ROW = 19;
const ASIDE = 9;
const TURN = 20;

export interface PlacedNote extends Note {
  readonly x: number;
  /** Of its baseline. */
  readonly y: number;
  readonly width: number;
}

export interface PlacedHop {
  readonly hop: Hop;
  readonly x: number;
  readonly y: number;
  /** Of its row. */
  readonly top: number;
  readonly bottom: number;
  readonly notes: readonly PlacedNote[];
}

interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
}

interface Corner {
  readonly above: boolean;
  readonly side: 'left' | 'right';
}

const CORNERS: readonly Corner[] = [
  { above: true, side: 'right' },
  { above: true, side: 'left' },
  { above: false, side: 'right' },
  { above: false, side: 'left' },
];

/** The rows, the first of them below `frame.top`. */
export function placeNotes(
  hops: readonly { readonly hop: Hop; readonly x: number }[],
  notes: readonly (readonly Note[])[],
  frame: Frame,
): PlacedHop[] {
  let bottom = frame.top;
  return hops.map(({ hop, x }, index) => {
    const own = notes[index]!;
    const former = hops[index - 1];
    const turns = former !== undefined && former.hop.way !== hop.way;
    const top = bottom + (turns ? TURN / 2 : 0);
    const widest = Math.max(0, ...own.map(widthOfNote));
    const corner = freeCorner({ x, from: former?.x, to: hops[index + 1]?.x }, widest, frame);
    const height = own.length * NOTE.height;
    const y = top + ROW / 2 + (corner.above ? height : 0) + (turns ? TURN / 2 : 0);
    bottom = y + ROW / 2 + (corner.above ? 0 : height);
    const firstLine = corner.above ? y - height + NOTE.height / 2 : y + NOTE.height + 1;
    const placed = own.map((note, line) => {
      const width = widthOfNote(note);
      const start = corner.side === 'right' ? x + ASIDE : x - ASIDE - width;
      return { ...note, width, x: start, y: firstLine + line * NOTE.height };
    });
    return { hop, x, y, top, bottom, notes: placed };
  });
}

function widthOfNote({ text }: Note): number {
  return widthOf(text, NOTE.font) + 2 * NOTE.padding;
}

/** The first corner with room that neither line goes through. Where there is none, to the right: the picture grows. */
function freeCorner(
  { x, from, to }: { readonly x: number; readonly from: number | undefined; readonly to: number | undefined },
  width: number,
  { left, right }: Frame,
): Corner {
  const free = CORNERS.filter(({ above, side }) => {
    const other = above ? from : to;
    return other === undefined || (side === 'right' ? other <= x : other >= x);
  });
  const fits = ({ side }: Corner): boolean =>
    side === 'right' ? x + ASIDE + width <= right : x - ASIDE - width >= left;
  return free.find(fits) ?? free.find(({ side }) => side === 'right') ?? CORNERS[0]!;
}
