/** `podwire journal`: what the lab gave the kernel, as it was run, or as a script. */
import { journalScript } from '../../kernel/journal-script.ts';
import type { JournalEntry } from '../../kernel/kernel.ts';
import { findLab } from '../../lab/find-lab.ts';
import { readLabFile } from '../../lab/lab-programs.ts';

/** Prints the commands with their standard input, or the script. */
export async function journalCommand(options: { readonly name: string; readonly asScript?: boolean }): Promise<number> {
  const entries = (await readLabFile(findLab(options.name), 'journal'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JournalEntry);
  process.stdout.write(
    options.asScript === true ? journalScript(entries, options.name) : entries.map(formatEntry).join(''),
  );
  return 0;
}

function formatEntry({ at, netns, argv, stdin }: JournalEntry): string {
  const where = netns === '' ? '' : ` [${netns}]`;
  const input = stdin === undefined ? '' : stdin.trimEnd().replace(/^/gm, '    ').concat('\n');
  return `${new Date(at).toISOString()}${where} ${argv.join(' ')}\n${input}`;
}
