/** What changed in the rules of several nodes, told once for all nodes it is true of. Pure. */
import type { SectionDiff } from '../../walk/rules/diff-sections.ts';
import type { RuleLine } from '../../walk/rules/rule-section.ts';
import type { RuleChange } from '../events.ts';

type Side = 'removed' | 'added';

interface Told {
  readonly diff: SectionDiff;
  readonly side: Side;
  /** Absent of a section that came or went without a line. */
  readonly line?: RuleLine;
  readonly nodes: Set<string>;
}

/** Line by line: most of a Service's rules are the same on every node, those that name the node's own pods are not. */
export function ruleChanges(perNode: ReadonlyMap<string, readonly SectionDiff[]>): RuleChange[] {
  const told = new Map<string, Told>();
  for (const [node, diffs] of perNode) for (const diff of diffs) tell(told, node, diff);
  const groups = Map.groupBy(told.values(), ({ nodes }) => [...nodes].join(' '));
  return [...groups.values()]
    .map((alike) => ({ nodes: [...alike[0]!.nodes], sections: sections(alike) }))
    .sort((a, b) => b.nodes.length - a.nodes.length);
}

function tell(told: Map<string, Told>, node: string, diff: SectionDiff): void {
  const add = (side: Side, line: RuleLine | undefined, count: number): void => {
    const key = JSON.stringify([diff.place, diff.change, side, line?.text, count]);
    const known = told.get(key);
    if (known === undefined)
      told.set(key, { diff, side, nodes: new Set([node]), ...(line === undefined ? {} : { line }) });
    else known.nodes.add(node);
  };
  if (diff.removed.length + diff.added.length === 0) add('added', undefined, 1);
  for (const side of ['removed', 'added'] as const) {
    // Of lines that stand there twice, the second is another line.
    const seen = new Map<string, number>();
    for (const line of diff[side]) {
      const count = (seen.get(line.text) ?? 0) + 1;
      seen.set(line.text, count);
      add(side, line, count);
    }
  }
}

function sections(told: readonly Told[]): SectionDiff[] {
  const byPlace = Map.groupBy(told, ({ diff: { place, change } }) => `${place} ${change}`);
  return [...byPlace.values()].map((own) => {
    const { place, about, change } = own[0]!.diff;
    const lines = (side: Side): RuleLine[] => own.flatMap((each) => (each.side === side ? (each.line ?? []) : []));
    return {
      place,
      ...(about === undefined ? {} : { about }),
      ...(change === undefined ? {} : { change }),
      removed: lines('removed'),
      added: lines('added'),
    };
  });
}
