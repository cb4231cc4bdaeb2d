/** Pieces of SVG. Numbers are user units (pixels at natural size); texts are in a monospaced font, so that widths are known. */
import { textWidth } from '../../wrap-text.ts';
import { attribute, escapeXml } from '../xml.ts';

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An element; attributes without a value are left out. `children` is markup. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const given = Object.entries(attributes).map(([key, value]) => {
    if (value === undefined) return '';
    return attribute(key, typeof value === 'number' ? Math.round(value * 10) / 10 : value);
  });
  const inner = children.join('');
  return inner === '' ? `<${name}${given.join('')}/>` : `<${name}${given.join('')}>${inner}</${name}>`;
}

/** A line of text at its baseline; an empty one is nothing. */
export function text(x: number, y: number, content: string, attributes: Attributes = {}): string {
  return content === '' ? '' : element('text', { x, y, ...attributes }, escapeXml(content));
}

/** What a pointer that rests on the element, or a screen reader, is told. */
export function title(content: string): string {
  return `<title>${escapeXml(content)}</title>`;
}

/** How wide a text is at a font size: monospaced fonts are at most this wide, a Chinese character takes two columns. */
export function widthOf(content: string, fontSize: number): number {
  return textWidth(content) * fontSize * 0.61;
}

/** A whole picture; its colours come from the page it is in. */
export function picture(
  about: { readonly kind: string; readonly title: string; readonly description: string },
  size: { readonly width: number; readonly height: number },
  ...children: readonly string[]
): string {
  const width = Math.ceil(size.width);
  const height = Math.ceil(size.height);
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: `picture ${about.kind}`,
      role: 'img',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
    },
    title(about.title),
    `<desc>${escapeXml(about.description)}</desc>`,
    ...children.filter((child) => child !== '').map((child) => `\n${child}`),
  );
}
