/** What is wrong with a file before anybody asks what it says: no YAML, an alias of nothing, signs that only look like YAML's. */
import { type Document, type LineCounter, visit, type YAMLParseError, type YAMLWarning } from 'yaml';

export interface TextProblem {
  /** In the text, counted in UTF-16 units. */
  readonly offset: number;
  readonly message: string;
}

/** By the parser's code, what to do about it. Codes: yaml's `ErrorCode`. */
const IN_OUR_WORDS: Readonly<Partial<Record<YAMLParseError['code'], string>>> = {
  DUPLICATE_KEY: 'this field is given twice: leave one out',
  MULTIPLE_DOCS: 'a second document begins here: a file holds one',
  TAB_AS_INDENT: 'YAML is not indented with tabs: use spaces',
};

/** Every problem of a parsed text; none of a text that can be read. */
export function textProblems(document: Document.Parsed, text: string, lines: LineCounter): TextProblem[] {
  const broken = [...document.errors, ...document.warnings.filter(isTagProblem)].map((error) => ({
    offset: error.pos[0],
    message: wordsFor(error) + lookAlike(lineAt(text, lines, error.pos[0])),
  }));
  return broken.length > 0 ? broken : aliasProblems(document);
}

/** What the writer of a line took for a sign of YAML: words to add to a message about that line, often none. */
export function lookAlike(line: string): string {
  const [, sign = ''] =
    /^[ ]*([–—−\u00a0\u3000])/.exec(line) ??
    /^[ ]*(?:- )?["']?[\w.-]+["']?(：)/.exec(line) ??
    /[:[{,] ?([“”‘’])/.exec(line) ??
    [];
  if (sign === '') return '';
  if (/\s/.test(sign)) return '; the line begins with a space that is none of YAML’s: type it again';
  return `; "${sign}" is not ${SIGNS[sign]}`;
}

const SIGNS: Readonly<Record<string, string>> = {
  '–': 'the hyphen "-"',
  '—': 'the hyphen "-"',
  '−': 'the hyphen "-"',
  '：': 'the colon ":"',
  '“': "the quotation mark '\"'",
  '”': "the quotation mark '\"'",
  '‘': 'the quotation mark "\'"',
  '’': 'the quotation mark "\'"',
};

function wordsFor(error: YAMLParseError | YAMLWarning): string {
  return IN_OUR_WORDS[error.code] ?? error.message.split(' at line ')[0]!;
}

function isTagProblem({ code }: YAMLWarning): boolean {
  return code === 'TAG_RESOLVE_FAILED';
}

/** Aliases of what nothing before them is marked as. */
function aliasProblems(document: Document.Parsed): TextProblem[] {
  const problems: TextProblem[] = [];
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) === undefined)
        problems.push({ offset: alias.range?.[0] ?? 0, message: `nothing before this is marked &${alias.source}` });
    },
  });
  return problems;
}

function lineAt(text: string, lines: LineCounter, offset: number): string {
  return text.split('\n')[lines.linePos(offset).line - 1] ?? '';
}
