/** `nft list table` in sections; elements one a line. Pure. */
import type { RuleSubject } from '../../proxy/backends/rule-subject.ts';
import type { RuleLine, RuleSection } from './rule-section.ts';

/** Every chain, set and map of the table; `subjects` by the name of a chain or set, of an element by `CONTAINER KEY`. */
export function nftablesSections(listing: string, subjects: ReadonlyMap<string, RuleSubject>): RuleSection[] {
  const table = /^table (.+) \{$/m.exec(listing)?.[1] ?? '';
  return [...listing.matchAll(/^\t(chain|set|map) (\S+) \{\n([\s\S]*?)^\t\}$/gm)].map(
    ([, kind = '', name = '', body = '']) => {
      const about = subjects.get(name);
      const texts = kind === 'chain' ? bodyLines(body) : elementsOf(body);
      const lines = texts.map((text) => {
        const subject = kind === 'chain' ? subjectOfRule(text, subjects) : subjects.get(`${name} ${keyOf(text)}`);
        return { text, ...(subject === undefined ? {} : { about: subject }) } satisfies RuleLine;
      });
      return { place: `${table} ${name}`, ...(about === undefined ? {} : { about }), lines };
    },
  );
}

function bodyLines(body: string): string[] {
  return body
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** `elements = { A, B,\n C }` as A, B, C. */
function elementsOf(body: string): string[] {
  const elements = /elements = \{ ([\s\S]*) \}/.exec(body)?.[1];
  return elements === undefined ? [] : elements.split(',').map((element) => element.trim());
}

/** An element without comment, verdict and time. */
function keyOf(element: string): string {
  return element.replace(/ (comment|expires|timeout|:) .*$/, '');
}

/** A rule that goes to one chain is about that; one that chooses among several about none in particular. */
function subjectOfRule(rule: string, subjects: ReadonlyMap<string, RuleSubject>): RuleSubject | undefined {
  const targets = [...rule.matchAll(/goto (\S+?),?(?= |$)/g)].map((match) => match[1]!);
  return targets.length === 1 ? subjects.get(targets[0]!) : undefined;
}
