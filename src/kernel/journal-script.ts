/**
 * The journal as a plain POSIX shell script that rebuilds the same network with iproute2 and friends, without podwire.
 */
import type { JournalEntry, Netns } from './kernel.ts';
import { deletionOf } from './namespaces.ts';
import { shellCommand } from './shell-text.ts';

/**
 * The script: `sh FILE` builds, `sh FILE down` removes. Entries that failed, or were allowed to, do not end it.
 * Programs in pods are no part of the journal: the network is there, the servers are not.
 */
export function journalScript(entries: readonly JournalEntry[], lab: string): string {
  const body = entries.map((entry) => shellCommand(entry.netns, invocation(entry), entry.mayFail ? ' || :' : ''));
  return [
    '#!/bin/sh\n',
    `# The network of the podwire lab "${lab.replace(/[^\x20-\x7e]/g, '?')}", rebuilt without podwire. Needs root.\n`,
    '# Build it: sh FILE      Remove it: sh FILE down\n',
    'set -eu\n',
    `if [ "\${1:-}" = down ]; then\n${tearDown(entries)}exit 0\nfi\n\n`,
    ...body,
  ].join('');
}

/** The lines that remove every namespace the journal ever made; one that is gone already is passed over. */
export function tearDown(entries: readonly JournalEntry[]): string {
  const names = namespacesMade(entries);
  return names.length === 0 ? ':\n' : shellCommand('', deletionOf(names), ' 2>/dev/null || :');
}

function namespacesMade(entries: readonly JournalEntry[]): Netns[] {
  const names = new Set<Netns>();
  for (const { tool, stdin } of entries) {
    if (tool !== 'netns') continue;
    for (const match of (stdin ?? '').matchAll(/^netns add (\S+)$/gm)) names.add(match[1]!);
  }
  return [...names];
}

function invocation({ argv, stdin }: JournalEntry) {
  const [file = ':', ...args] = argv;
  return { argv: [file, ...args] as [string, ...string[]], ...(stdin === undefined ? {} : { stdin }) };
}
