/** What changed between two listings of a node's rules: lines that came and went, section by section. Pure. */
import type { RuleSubject } from '../../proxy/backends/rule-subject.ts';
import { type RuleLine, type RuleSection, remark } from './rule-section.ts';

export interface SectionDiff {
  readonly place: string;
  readonly about?: RuleSubject;
  /** Undefined: it was there and is. */
  readonly change?: 'new' | 'gone';
  readonly removed: readonly RuleLine[];
  readonly added: readonly RuleLine[];
}

/** Sections in the order of the listing after, those that are gone at the end. Which line comes first is of no account. */
export function diffSections(before: readonly RuleSection[], after: readonly RuleSection[]): SectionDiff[] {
  const old = new Map(before.map((section) => [section.place, section]));
  const now = new Set(after.map(({ place }) => place));
  const changed = after.map((section) => compare(section, old.get(section.place), section));
  const gone = before.filter(({ place }) => !now.has(place)).map((section) => compare(section, section, undefined));
  return [...changed, ...gone].filter(
    ({ change, removed, added }) => change !== undefined || removed.length + added.length > 0,
  );
}

/** As text: `+` came, `-` went; empty when nothing changed. */
export function formatDiff(diffs: readonly SectionDiff[]): string {
  return diffs
    .map(({ place, about, change, removed, added }) =>
      [
        `${change === 'new' ? '+ ' : change === 'gone' ? '- ' : ''}${place}${remark(about)}`,
        ...removed.map((line) => `  - ${line.text}${remark(line.about)}`),
        ...added.map((line) => `  + ${line.text}${remark(line.about)}`),
      ].join('\n'),
    )
    .map((text) => `${text}\n`)
    .join('\n');
}

function compare(
  { place, about }: RuleSection,
  before: RuleSection | undefined,
  after: RuleSection | undefined,
): SectionDiff {
  const change = before === undefined ? 'new' : after === undefined ? 'gone' : undefined;
  return {
    place,
    ...(about === undefined ? {} : { about }),
    ...(change === undefined ? {} : { change }),
    removed: missingFrom(before?.lines ?? [], after?.lines ?? []),
    added: missingFrom(after?.lines ?? [], before?.lines ?? []),
  };
}

/** Lines of `these` that are not among `those`, each as often as it is too often. */
function missingFrom(these: readonly RuleLine[], those: readonly RuleLine[]): RuleLine[] {
  const counts = new Map<string, number>();
  for (const { text } of those) counts.set(lasting(text), (counts.get(lasting(text)) ?? 0) + 1);
  return these.filter(({ text }) => {
    const left = counts.get(lasting(text)) ?? 0;
    counts.set(lasting(text), left - 1);
    return left <= 0;
  });
}

/** Without what passes by itself: the time a set's element has left. */
function lasting(text: string): string {
  return text.replace(/ expires \S+/, '');
}
