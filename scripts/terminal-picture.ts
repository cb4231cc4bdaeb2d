// Draws what a terminal shows as an SVG, so that the pictures in the documentation are ones the program really made.
//   tmux capture-pane -e -p -t SESSION | node scripts/terminal-picture.ts [TITLE] > docs/images/NAME.svg
import { text } from 'node:stream/consumers';

interface Style {
  color?: string;
  background?: string;
  bold?: boolean;
  dim?: boolean;
  inverse?: boolean;
}

const CELL = { width: 8.4, height: 18 };
const PAPER = '#1b1f27';
const INK = '#d7dae0';
const PALETTE = [
  '#2b303b',
  '#e06c75',
  '#98c379',
  '#e5c07b',
  '#61afef',
  '#c678dd',
  '#56b6c2',
  '#d7dae0',
  '#7f848e',
  '#ff7b86',
  '#b5e890',
  '#ffd68a',
  '#7fc4ff',
  '#dd9bf0',
  '#7fdbe6',
  '#ffffff',
]; // prettier-ignore

/** The colour of an index of xterm's 256-colour table. */
function indexed(index: number): string {
  if (index < 16) return PALETTE[index]!;
  if (index >= 232)
    return `rgb(${Array(3)
      .fill(8 + (index - 232) * 10)
      .join(',')})`;
  const level = (value: number): number => (value === 0 ? 0 : 55 + value * 40);
  const cube = index - 16;
  return `rgb(${level(Math.floor(cube / 36))},${level(Math.floor(cube / 6) % 6)},${level(cube % 6)})`;
}

/** The style after a `CSI … m` sequence. */
function restyle(style: Style, codes: number[]): Style {
  let next = { ...style };
  for (let i = 0; i < codes.length; i += 1) {
    const code = codes[i]!;
    if (code === 0) next = {};
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 22) next = { ...next, bold: false, dim: false };
    else if (code === 7) next.inverse = true;
    else if (code === 27) next.inverse = false;
    else if (code === 39) delete next.color;
    else if (code === 49) delete next.background;
    else if (code === 38 || code === 48) {
      const rgb = codes[i + 1] === 2;
      const colour = rgb ? `rgb(${codes.slice(i + 2, i + 5).join(',')})` : indexed(codes[i + 2] ?? 7);
      if (code === 38) next.color = colour;
      else next.background = colour;
      i += rgb ? 4 : 2;
    } else if (code >= 30 && code <= 37) next.color = PALETTE[code - 30];
    else if (code >= 90 && code <= 97) next.color = PALETTE[code - 82];
    else if (code >= 40 && code <= 47) next.background = PALETTE[code - 40];
  }
  return next;
}

/** Columns a character takes: East Asian wide characters take two. */
function widthOf(character: string): number {
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(character)
    ? 2
    : 1;
}

const escapeXml = (value: string): string => value.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

/** One line of the terminal as SVG: runs of equal style, each at its column. */
function drawLine(line: string, row: number): { svg: string; columns: number } {
  const parts: string[] = [];
  let style: Style = {};
  let column = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what this reads
  for (const piece of line.split(/(\u001b\[[0-9;]*m)/)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the same
    const sgr = /^\u001b\[([0-9;]*)m$/.exec(piece);
    if (sgr !== null) {
      style = restyle(style, (sgr[1] || '0').split(';').map(Number));
      continue;
    }
    const width = [...piece].reduce((sum, character) => sum + widthOf(character), 0);
    const x = column * CELL.width;
    const [ink, paper] = style.inverse
      ? [style.background ?? PAPER, style.color ?? INK]
      : [style.color ?? INK, style.background];
    if (paper !== undefined) {
      parts.push(
        `<rect x="${x}" y="${row * CELL.height}" width="${width * CELL.width}" height="${CELL.height}" fill="${paper}"/>`,
      );
    }
    if (piece.trim() !== '') {
      const more = `${style.bold ? ' font-weight="bold"' : ''}${style.dim ? ' opacity="0.6"' : ''}`;
      parts.push(
        `<text x="${x}" y="${row * CELL.height + 13}" textLength="${width * CELL.width}" fill="${ink}"${more}>${escapeXml(piece)}</text>`,
      );
    }
    column += width;
  }
  return { svg: parts.join(''), columns: column };
}

const title = process.argv[2] ?? '';
const lines = (await text(process.stdin)).replace(/\n+$/, '').split('\n').map(drawLine);
const width = Math.ceil(Math.max(...lines.map((line) => line.columns)) * CELL.width) + 24;
const height = lines.length * CELL.height + 48;
process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(title)}">
<rect width="100%" height="100%" rx="8" fill="${PAPER}"/>
<text x="12" y="20" fill="#7f848e" font-family="sans-serif" font-size="12">${escapeXml(title)}</text>
<g transform="translate(12 32)" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, monospace" font-size="14" xml:space="preserve">
${lines.map((line) => line.svg).join('\n')}
</g>
</svg>
`);
