/**
 * Transcripts of `kubectl get` for comparison: what differs from run to run (ages, hashes, random addresses, where a pod landed, the
 * machine) becomes a placeholder, the columns are set anew as kubectl sets them, rows of equal look fall into one order.
 */

/** A cell's placeholder by its column, for what is random as a whole. */
const COLUMNS: Readonly<Record<string, string>> = {
  AGE: '<age>',
  'LAST SEEN': '<age>',
  'FIRST SEEN': '<age>',
  'KERNEL-VERSION': '<kernel>',
  'OS-IMAGE': '<os>',
};
/** Of a pod template: a decimal number in the letters of Kubernetes' safe alphabet. */
const HASH = '[bcdf4-9]{6,10}';
const NAME_SUFFIX = '[bcdfghjklmnpqrstvwxz2456789]{5}';
/** Texts within cells, whatever their column. */
const TEXTS: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`-${HASH}-${NAME_SUFFIX}\\b`, 'g'), '-<hash>-<random>'],
  [new RegExp(`-${HASH}$`), '-<hash>'],
  [/\b(pod-template-hash(?:=|: ))[a-z0-9]+/g, '$1<hash>'],
  [/\b10\.244\.\d+\.\d+/g, '<pod IP>'],
  [/\b10\.(?:9[6-9]|10\d|11[01])\.(?!0\.(?:0|1|10)\b)\d+\.\d+/g, '<cluster IP>'],
  [/\bnode-[12]\b/g, '<node>'],
  [/\b(80|443):3[0-2]\d{3}\b/g, '$1:<node port>'],
  [/(\d+) \(\d+s ago\)/g, '$1 (<age> ago)'],
];

/** The transcript of `$ kubectl …` with one or more tables. */
export function transcript(command: readonly string[], output: string): string {
  const tables = output.trimEnd().split('\n\n').map(normalTable);
  return `$ kubectl ${command.join(' ')}\n${tables.join('\n\n')}\n`;
}

function normalTable(text: string): string {
  const [header = '', ...lines] = text.split('\n');
  const columns = [...header.matchAll(/\S+(?: \S+)*/g)].map((match) => ({ title: match[0], at: match.index }));
  const rows = lines.map((line) =>
    columns.map(({ title, at }, index) =>
      placeholder(title, line.slice(at, columns[index + 1]?.at ?? line.length).trim()),
    ),
  );
  const sorted = rows.sort((one, other) => (one.join('\0') < other.join('\0') ? -1 : 1));
  return aligned([columns.map(({ title }) => title), ...sorted]);
}

function placeholder(title: string, cell: string): string {
  if (cell !== '' && Object.hasOwn(COLUMNS, title)) return COLUMNS[title]!;
  const text = withPlaceholders(cell);
  // Names of EndpointSlices end in five random letters.
  return title === 'NAME' ? text.replace(new RegExp(`-${NAME_SUFFIX}$`), '-<random>') : text;
}

function withPlaceholders(text: string): string {
  return TEXTS.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);
}

/** The transcript of `$ kubectl … -o yaml`. */
export function yamlTranscript(command: readonly string[], output: string): string {
  return `$ kubectl ${command.join(' ')}\n${withoutIds(output).split('\n').map(withPlaceholders).join('\n')}`;
}

/** Placeholders for what is unique to an object. */
function withoutIds(text: string): string {
  return text
    .replace(/"?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"?/g, '<time>')
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<uid>')
    .replace(/\b[0-9a-f]{64}\b/g, '<container>')
    .replace(new RegExp(`\\bkube-api-access-${NAME_SUFFIX}\\b`, 'g'), 'kube-api-access-<random>')
    .replace(/resourceVersion: "\d+"/g, 'resourceVersion: "<version>"')
    .replace(new RegExp(`(?<= name: [a-z]+)-${NAME_SUFFIX}$`, 'gm'), '-<random>');
}

/** What is random or the machine's own in running text. */
const PLAIN_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/\b\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000/g, '<date>'],
  [/(?<![\w.])(?:\d+m)?\d+(?:\.\d+)?s(?![\w=])(?: \(x\d+ over \d+m?\d*s\))?/g, '<age>'],
  [/\b127\.0\.0\.1:\d{4,5}\b/g, '127.0.0.1:<port>'],
  [/(?<=Handling connection for )\d+/g, '<port>'],
  [/\b(\d+):3[0-2]\d{3}\b/g, '$1:<node port>'],
  [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \+0000/g, '<date>'],
  [/\/tmp\/(LIVE|MERGED)-\d+/g, '$1'],
  [new RegExp(`-${HASH}(?!\\S)`, 'g'), '-<hash>'],
  [/\bpodwire:\/\/[0-9a-f]{12,64}\b/g, 'podwire://<container>'],
];

/** The transcript of commands whose output is no single table: alignment is given up, since placeholders have other widths. */
export function plainTranscript(text: string): string {
  const spaced = (line: string) => line.replace(/(?<=\S) {2,}/g, '  ');
  const replaced = PLAIN_TEXTS.reduce((rest, [pattern, words]) => rest.replace(pattern, words), withoutIds(text));
  return replaced
    .split('\n')
    .map((line) => spaced(withPlaceholders(line)).trimEnd())
    .join('\n');
}

/** Columns three spaces apart, as kubectl's printer has them. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, index) => Math.max(...rows.map((row) => row[index]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, index) => cell.padEnd(widths[index]! + 3))
        .join('')
        .trimEnd(),
    )
    .join('\n');
}
