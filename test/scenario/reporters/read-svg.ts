/** An SVG as a test sees it: its size, and where its texts are. */

export interface DrawnText {
  readonly content: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** DejaVu Sans Mono, the widest of the fonts asked for, is 0.602 em wide. */
const COLUMN = 0.602;

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

/** Throws where a text has no place. */
export function readSvg(svg: string): { width: number; height: number; texts: DrawnText[] } {
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? [];
  if (width === undefined || height === undefined) throw new Error('no viewBox');
  const texts = [...svg.matchAll(/<text([^>]*)>([^<]*)<\/text>/g)].map(
    ([, attributes = '', escaped = '']): DrawnText => {
      const value = (name: string): string | undefined => new RegExp(` ${name}="([^"]*)"`).exec(attributes)?.[1];
      const number = (name: string): number => {
        const given = Number(value(name));
        if (!Number.isFinite(given)) throw new Error(`${name} of the text ${escaped}`);
        return given;
      };
      const content = escaped.replace(/&(\w+);/g, (_, name: string) => ENTITIES[name]!);
      const size = number('font-size');
      const columns = [...content].reduce((sum, character) => sum + (/\p{Script=Han}/u.test(character) ? 2 : 1), 0);
      const drawn = columns * size * COLUMN;
      const left = { start: 0, middle: drawn / 2, end: drawn }[value('text-anchor') ?? 'start']!;
      const x = number('x') - left;
      const y = number('y');
      return { content, left: x, right: x + drawn, top: y - size * 0.8, bottom: y + size * 0.2 };
    },
  );
  return { width: Number(width), height: Number(height), texts };
}

/** Pairs of texts that lie on one another. */
export function overlaps(texts: readonly DrawnText[]): string[] {
  return texts.flatMap((one, index) =>
    texts
      .slice(index + 1)
      .filter((two) => one.left < two.right && two.left < one.right && one.top < two.bottom && two.top < one.bottom)
      .map((two) => `${one.content} / ${two.content}`),
  );
}

/** Texts that are not wholly in the picture. */
export function outside({ width, height, texts }: ReturnType<typeof readSvg>): string[] {
  return texts
    .filter(({ left, right, top, bottom }) => left < 0 || right > width || top < 0 || bottom > height)
    .map(({ content }) => content);
}
