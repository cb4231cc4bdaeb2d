/** What programs print, as far as a report has room for it. */
import { stripVTControlCharacters } from 'node:util';

/** Characters of one text in a report. */
const MOST = 20_000;
/** What is kept of its end. */
const END = 4_000;

/** The text without a terminal's control sequences; of a very long one its beginning and its end, saying what is left out. */
export function bounded(text: string): string {
  const plain = stripVTControlCharacters(text);
  if (plain.length <= MOST) return plain;
  const left = plain.length - MOST;
  return `${plain.slice(0, MOST - END)}\n… ${left} characters left out …\n${plain.slice(-END)}`.toWellFormed();
}
