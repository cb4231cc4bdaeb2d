/** What a step changed in the kernel's rules, folded: lines that came and went, under the nodes it is true of. */
import { type RuleLine, remark } from '../../../walk/rules/rule-section.ts';
import type { RuleChange, RulesChanged } from '../../events.ts';
import type { Language } from '../../localize.ts';
import { escapeXml } from '../xml.ts';
import { folded } from './markup.ts';
import { WORDS } from './words.ts';

/** A switch of the backend changes everything: more than these are counted. */
const MOST_LINES = 400;

/** Nothing where nothing changed. */
export function renderRules(rules: RulesChanged | undefined, language: Language): string {
  if (rules === undefined) return '';
  const words = WORDS[language];
  const count = (side: 'added' | 'removed'): number =>
    rules.changes.flatMap(({ sections }) => sections.flatMap((section) => section[side])).length;
  const title = `${words.rules}: +${count('added')} −${count('removed')}`;
  const lines = rules.changes.flatMap(changeLines);
  const rest = lines.length - MOST_LINES;
  const shown = rest > 0 ? [...lines.slice(0, MOST_LINES), `… ${words.lines(rest)}`] : lines;
  const problem = rules.problem === undefined ? '' : `<p class="problem">${escapeXml(rules.problem)}</p>`;
  return folded(title, `${problem}<pre class="rules" tabindex="0">${shown.join('\n')}</pre>`);
}

function changeLines({ nodes, sections }: RuleChange): string[] {
  return [
    `<b>${escapeXml(nodes.join(', '))}</b>`,
    ...sections.flatMap(({ place, about, change, removed, added }) => [
      `  ${{ new: '+ ', gone: '− ', none: '' }[change ?? 'none']}<b>${escapeXml(place)}</b>${about === undefined ? '' : note(remark(about))}`,
      ...removed.map((line) => ruleLine('del', '−', line)),
      ...added.map((line) => ruleLine('ins', '+', line)),
    ]),
  ];
}

function ruleLine(element: 'ins' | 'del', sign: string, { text, about }: RuleLine): string {
  return `    <${element}>${sign} ${escapeXml(text)}</${element}>${note(remark(about))}`;
}

function note(text: string): string {
  return text === '' ? '' : `<i>${escapeXml(text)}</i>`;
}
