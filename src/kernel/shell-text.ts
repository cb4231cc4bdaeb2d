/**
 * Commands as lines of a POSIX shell: what the journal's script, the recording kernel and error texts have in common.
 */
import type { Invocation } from './invocation.ts';
import type { Netns } from './kernel.ts';

/** Tools that enter a namespace themselves. */
const TAKES_NETNS = new Set(['ip', 'bridge', 'tc']);

/** One word for a POSIX shell: as it is where nothing in it is special, else in single quotes. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The command as one would type it, standard input as a here-document; ends in a newline. */
export function shellCommand(netns: Netns, { argv, stdin }: Invocation, suffix = ''): string {
  const command = `${insideNetns(netns, argv).map(shellWord).join(' ')}`;
  if (stdin === undefined) return `${command}${suffix}\n`;
  const end = hereDocumentEnd(stdin);
  return `${command} <<'${end}'${suffix}\n${stdin}${stdin === '' || stdin.endsWith('\n') ? '' : '\n'}${end}\n`;
}

function insideNetns(netns: Netns, argv: readonly [string, ...string[]]): readonly string[] {
  if (netns === '') return argv;
  const [file, ...args] = argv;
  return TAKES_NETNS.has(file) ? [file, '-n', netns, ...args] : ['ip', 'netns', 'exec', netns, ...argv];
}

/** A word no line of the text consists of. */
function hereDocumentEnd(text: string): string {
  const lines = new Set(text.split('\n'));
  let end = 'EOF';
  for (let count = 1; lines.has(end); count += 1) end = `EOF_${count}`;
  return end;
}
