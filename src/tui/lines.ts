/** Texts → lines of a given width, each with a tone. */
import { foldLine, wrapText } from '../scenario/wrap-text.ts';

export type Tone = 'narration' | 'command' | 'output' | 'held' | 'failed' | 'dim' | 'heading';

export interface TranscriptLine {
  readonly text: string;
  readonly tone: Tone;
}

export const BLANK: TranscriptLine = { text: '', tone: 'dim' };

/** A paragraph. */
export function wrapped(tone: Tone, text: string, width: number): TranscriptLine[] {
  return wrapText(text, width).map((line) => ({ text: line, tone }));
}

/** Program output: spaces count, so lines are cut, not wrapped; what is cut off hangs below. */
export function folded(tone: Tone, text: string, width: number): TranscriptLine[] {
  return text
    .replaceAll('\t', '    ')
    .split('\n')
    .flatMap((line) => {
      const [first = '', ...rest] = foldLine(line, width);
      return [
        first,
        ...foldLine(rest.join('').trimStart(), width - 4).flatMap((piece) => (piece ? [`    ${piece}`] : [])),
      ];
    })
    .map((line) => ({ text: line, tone }));
}

/** A text behind a sign; its further lines stand under its first. */
export function hanging(tone: Tone, sign: string, text: string, width: number): TranscriptLine[] {
  return wrapText(text, width - sign.length).map((line, index) => ({
    text: `${index === 0 ? sign : '  '}${line}`,
    tone,
  }));
}
