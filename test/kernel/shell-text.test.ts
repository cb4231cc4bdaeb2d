import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { journalScript } from '../../src/kernel/journal-script.ts';
import type { JournalEntry } from '../../src/kernel/kernel.ts';
import { shellCommand, shellWord } from '../../src/kernel/shell-text.ts';

const sh = (script: string) => execFileSync('sh', ['-s'], { input: script, encoding: 'utf8' });

describe('shell text', () => {
  it('gives a shell exactly the words and the input, whatever they are', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ' ', "'", '"', '$', '`', '\\', '\n', ';', '&', '*', 'EOF') });
    fc.assert(
      fc.property(text, text, (word, input) => {
        const expected = input === '' || input.endsWith('\n') ? input : `${input}\n`;
        expect(sh(`printf %s ${shellWord(word)}`)).toBe(word);
        expect(sh(shellCommand('', { argv: ['cat'], stdin: input }))).toBe(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('enters namespaces with -n where the tool has it', () => {
    expect(shellCommand('lab.a', { argv: ['ip', '-batch', '-'], stdin: 'link show\n' })).toBe(
      "ip -n lab.a -batch - <<'EOF'\nlink show\nEOF\n",
    );
    expect(shellCommand('lab.a', { argv: ['nft', '-f', '-'], stdin: 'flush ruleset' })).toBe(
      "ip netns exec lab.a nft -f - <<'EOF'\nflush ruleset\nEOF\n",
    );
  });
});

describe('journalScript', () => {
  const entries: JournalEntry[] = [
    { at: 1, netns: '', tool: 'netns', argv: ['ip', '-batch', '-'], stdin: 'netns add lab.a\nnetns add lab.b\n' },
    { at: 2, netns: 'lab.a', tool: 'sysctl', argv: ['sysctl', '-w', 'net.ipv4.ip_forward=1'] },
    { at: 3, netns: 'lab.a', tool: 'command', argv: ['conntrack', '-D', '-p', 'udp'], mayFail: true },
  ];

  it('is a script with a way back', () => {
    expect(journalScript(entries, 'lab')).toBe(`#!/bin/sh
# The network of the podwire lab "lab", rebuilt without podwire. Needs root.
# Build it: sh FILE      Remove it: sh FILE down
set -eu
if [ "\${1:-}" = down ]; then
ip -force -batch - <<'EOF' 2>/dev/null || :
netns delete lab.a
netns delete lab.b
EOF
exit 0
fi

ip -batch - <<'EOF'
netns add lab.a
netns add lab.b
EOF
ip netns exec lab.a sysctl -w net.ipv4.ip_forward=1
ip netns exec lab.a conntrack -D -p udp || :
`);
  });

  it('of an empty journal does nothing, both ways', () => {
    expect(sh(journalScript([], 'a\nb'))).toBe('');
  });
});
