/** Text in SVG. Pure. */

export interface TextOptions {
  readonly kind?: string;
  readonly anchor?: 'middle' | 'end';
}

/** A text element, its words escaped. */
export function svgText(x: number, y: number, words: string, { kind, anchor }: TextOptions = {}): string {
  const escaped = words.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);
  const attributes = `${kind === undefined ? '' : ` class="${kind}"`}${anchor === undefined ? '' : ` text-anchor="${anchor}"`}`;
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${attributes}>${escaped}</text>`;
}
