import { describe, expect, it } from 'vitest';
import { ruleChanges } from '../../../src/scenario/rules/rule-changes.ts';
import type { SectionDiff } from '../../../src/walk/rules/diff-sections.ts';

const diff = (place: string, lines: readonly string[], rest: Partial<SectionDiff> = {}): SectionDiff => ({
  place,
  removed: lines.filter((line) => line.startsWith('-')).map((text) => ({ text })),
  added: lines.filter((line) => !line.startsWith('-')).map((text) => ({ text })),
  ...rest,
});

describe('ruleChanges', () => {
  it('tells a line once for all nodes it came to, and those of one node under its name', () => {
    const shared = diff('nat SVC', ['jump a', 'jump b', 'jump a'], { change: 'new' });
    const changes = ruleChanges(
      new Map([
        ['node-1', [shared, diff('nat POST', ['own 1', '-old'])]],
        ['node-2', [shared, diff('nat POST', ['own 2', '-old'])]],
      ]),
    );
    expect(
      changes.map(({ nodes, sections }) => [
        nodes.join(' '),
        sections.map(({ place, change, removed, added }) =>
          [place, change ?? '', ...removed.map(({ text }) => text), ...added.map(({ text }) => text)].join(', '),
        ),
      ]),
    ).toEqual([
      ['node-1 node-2', ['nat SVC, new, jump a, jump b, jump a', 'nat POST, , -old']],
      ['node-1', ['nat POST, , own 1']],
      ['node-2', ['nat POST, , own 2']],
    ]);
  });

  it('tells of a chain that came or went empty', () => {
    const changes = ruleChanges(
      new Map([
        ['node-1', [diff('nat A', [], { change: 'gone' })]],
        ['node-2', []],
      ]),
    );
    expect(changes).toEqual([
      { nodes: ['node-1'], sections: [{ place: 'nat A', change: 'gone', removed: [], added: [] }] },
    ]);
  });
});
