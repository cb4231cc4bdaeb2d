/** Wraps text to a width in terminal columns; a Chinese character takes two, and lines may break between any two of them. */

/** Code points a terminal draws two columns wide (Unicode East Asian Width W and F, as far as narrations use them). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;
/** Punctuation that may not begin a line. */
const CLOSING = /^[，。；：、！？）」』】》,.;:!?)\]}]/u;

/** Columns a text takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : 1;
  return width;
}

/** The lines of a text, none wider than `width` unless one word is. Line breaks in the text stay. */
export function wrapText(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line.trim(), Math.max(1, width)));
}

/** Cuts a line so that it takes at most `width` columns, the last of them `…`. */
export function clip(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let cut = '';
  for (const character of text) {
    if (textWidth(cut + character) > width - 1) break;
    cut += character;
  }
  return `${cut}…`;
}

/** A line cut into pieces of at most `width` columns, wherever that falls: for program output, whose spaces count. */
export function foldLine(line: string, width: number): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const character of line) {
    if (piece !== '' && textWidth(piece + character) > width) {
      pieces.push(piece);
      piece = '';
    }
    piece += character;
  }
  return [...pieces, piece];
}

function wrapLine(line: string, width: number): string[] {
  const lines: string[] = [];
  let current = '';
  for (const piece of pieces(line)) {
    const fits = textWidth(current + piece.trimEnd()) <= width;
    if (fits || current === '' || CLOSING.test(piece)) {
      current += piece;
    } else {
      lines.push(current.trimEnd());
      current = piece.trimStart();
    }
  }
  return [...lines, current.trimEnd()];
}

/** Words with the spaces behind them; each wide character is a word. */
function pieces(line: string): string[] {
  const words: string[] = [];
  for (const character of line) {
    const last = words.at(-1);
    const startsNew = last === undefined || last.endsWith(' ') || WIDE.test(character) || WIDE.test(last.at(-1)!);
    if (startsNew && character !== ' ') words.push(character);
    else if (last === undefined) words.push(character);
    else words[words.length - 1] = last + character;
  }
  return words;
}
