/** What stands in a table, and the lines of `nft -f -` that put it there. One text is one transaction. */
import type { Container } from './names.ts';

export interface Chain {
  readonly name: string;
  /** Rules without `add rule TABLE CHAIN`. */
  readonly rules: readonly string[];
  readonly comment?: string;
}

/** Clients that stick to an endpoint. */
export interface AffinitySet {
  readonly name: string;
  readonly timeoutSeconds: number;
}

/** An element of a set, or of a map when it has a verdict. */
export interface Element {
  /** Unique in a table. Made once, since every change of a Service looks through those of all. */
  readonly id: string;
  readonly container: Container;
  /** `172.30.0.41 . tcp . 80` */
  readonly key: string;
  /** `goto service-…`, `drop`. */
  readonly verdict: string | undefined;
  /** The Service port it is there for, where the verdict does not name it. */
  readonly comment: string | undefined;
}

/** What of an element must be the same for it to stay. */
export type ElementValue = Pick<Element, 'verdict' | 'comment'>;

export function isSameValue(a: ElementValue, b: ElementValue): boolean {
  return a.verdict === b.verdict && a.comment === b.comment;
}

/** An element, with its id. */
export function elementOf(container: Container, key: string, verdict?: string, comment?: string): Element {
  return { id: `${container} ${key}`, container, key, verdict, comment };
}

export interface Edit {
  /** Written whole: created or flushed, then filled. */
  readonly chains: readonly Chain[];
  /** Emptied; nothing goes to them once the edit is done. */
  readonly flush: readonly string[];
  readonly deleteSets: readonly string[];
  readonly addSets: readonly AffinitySet[];
  readonly deleteElements: readonly Pick<Element, 'container' | 'key'>[];
  readonly addElements: readonly Element[];
}

/** The lines of an edit. Chains come before the rules that go to them, rules leave a set before it is deleted. */
export function editText(table: string, edit: Edit): string {
  const type = table.startsWith('ip6') ? 'ipv6_addr' : 'ipv4_addr';
  let text = '';
  for (const { name, comment } of edit.chains) {
    const words = comment === undefined ? '' : ` { comment "${comment}" ; }`;
    text += `add chain ${table} ${name}${words}\nflush chain ${table} ${name}\n`;
  }
  for (const name of edit.flush) text += `flush chain ${table} ${name}\n`;
  for (const name of edit.deleteSets) text += `delete set ${table} ${name}\n`;
  for (const { name, timeoutSeconds } of edit.addSets)
    text += `add set ${table} ${name} { type ${type} ; flags dynamic,timeout ; timeout ${timeoutSeconds}s ; }\n`;
  for (const { name, rules } of edit.chains) for (const rule of rules) text += `add rule ${table} ${name} ${rule}\n`;
  for (const { container, key } of edit.deleteElements) text += `delete element ${table} ${container} { ${key} }\n`;
  for (const element of edit.addElements)
    text += `add element ${table} ${element.container} { ${elementText(element)} }\n`;
  return text;
}

function elementText({ key, verdict, comment }: Element): string {
  const words = comment === undefined ? key : `${key} comment "${comment}"`;
  return verdict === undefined ? words : `${words} : ${verdict}`;
}

/** `items` in runs of at most `size`. */
export function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size));
  return chunks;
}
