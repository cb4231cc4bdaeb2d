/**
 * Reads the text of a Corefile: server blocks of directives, each with arguments and perhaps a block of properties. Knows the
 * syntax (CoreDNS's, after Caddy's) and no directive. Snippets and imports are no part of it.
 */

/** `ttl 30`: one line. */
export interface Property {
  readonly name: string;
  readonly args: readonly string[];
  readonly line: number;
}

/** `kubernetes cluster.local { … }`. */
export interface Directive extends Property {
  readonly properties: readonly Property[];
}

/** `cluster.local:53 stub.example { … }`. */
export interface ServerBlock {
  readonly keys: readonly string[];
  readonly directives: readonly Directive[];
  readonly line: number;
}

/** What is wrong with a Corefile, in CoreDNS's form. */
export class CorefileError extends Error {
  override readonly name = 'CorefileError';

  constructor(line: number, problem: string) {
    super(`Corefile:${line} - Error during parsing: ${problem}`);
  }
}

interface Line {
  readonly words: readonly string[];
  readonly line: number;
}

/** The blocks of a Corefile; throws CorefileError. */
export function parseCorefile(text: string): ServerBlock[] {
  const lines = linesOf(text);
  const blocks: ServerBlock[] = [];
  for (let first = lines.shift(); first !== undefined; first = lines.shift()) {
    const { words, line } = first;
    if (words.at(-1) !== '{') throw new CorefileError(line, `expected '{' behind the zones of a server`);
    const keys = words.slice(0, -1).flatMap((word) => word.split(',').filter((key) => key !== ''));
    if (keys.length === 0) throw new CorefileError(line, 'a server block has no zone');
    const directives = readBlock(lines, line, (opening) =>
      opening.words.at(-1) === '{'
        ? { ...property(opening, -1), properties: readBlock(lines, opening.line, readProperty) }
        : { ...property(opening), properties: [] },
    );
    blocks.push({ keys, line, directives });
  }
  return blocks;
}

/** Everything up to the `}` that closes the block opened in line `opened`. */
function readBlock<T>(lines: Line[], opened: number, read: (line: Line) => T): T[] {
  const found: T[] = [];
  for (let next = lines.shift(); next !== undefined; next = lines.shift()) {
    if (next.words[0] === '}' && next.words.length === 1) return found;
    found.push(read(next));
  }
  throw new CorefileError(opened, `the '{' has no '}'`);
}

function readProperty(line: Line): Property {
  const brace = line.words.find((word) => word === '{' || word === '}');
  if (brace !== undefined) throw new CorefileError(line.line, `unexpected '${brace}'`);
  return property(line);
}

function property({ words, line }: Line, end?: number): Property {
  return { name: words[0]!, args: words.slice(1, end), line };
}

/** Words of each line that has any: separated by white space, `"…"` is one word, `#` begins a comment. */
function linesOf(text: string): Line[] {
  return text.split('\n').flatMap((content, index) => {
    const words = [...content.matchAll(/"((?:[^"\\]|\\.)*)"|#.*|\S+/g)]
      .filter(([word]) => !word.startsWith('#'))
      .map(([word, quoted]) => quoted ?? word);
    return words.length === 0 ? [] : [{ words, line: index + 1 }];
  });
}
