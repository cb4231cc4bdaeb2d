/**
 * A model of nftables' tables that takes the texts of `nft -f -`, as strictly as the kernel and more: a text is all or
 * nothing, what is named must be there, what is deleted must not be in use, an element is added once.
 */
import { ruleJson } from './rule-json.ts';

export interface ModelChain {
  /** `type filter hook input priority 0`; undefined for a chain that is jumped to. */
  readonly hook: string | undefined;
  readonly rules: string[];
}

export interface ModelSet {
  readonly declaration: string;
  /** Key → verdict and comment. */
  readonly elements: Map<string, { readonly verdict: string | undefined; readonly comment: string | undefined }>;
}

export interface ModelTable {
  readonly chains: Map<string, ModelChain>;
  readonly sets: Map<string, ModelSet>;
}

const LINE = /^(add|delete|flush) (table|chain|set|map|rule|element) (ip6? kube-proxy)(?: (\S+))?(?: (.+))?$/;

export class TableModel {
  tables = new Map<string, ModelTable>();

  /** Takes one transaction; throws at the first line the kernel would refuse, and then nothing is changed. */
  apply(text: string): void {
    const draft = structuredClone(this.tables);
    for (const line of text.split('\n')) {
      if (line !== '') applyLine(draft, line);
    }
    for (const table of draft.values()) checkReferences(table);
    this.tables = draft;
  }

  table(name = 'ip kube-proxy'): ModelTable {
    const table = this.tables.get(name);
    if (table === undefined) throw new Error(`no table ${name}`);
    return table;
  }

  /** Everything, in an order of its own, so that two models can be compared. */
  dump(): string {
    const lines: string[] = [];
    for (const [name, { chains, sets }] of this.tables) {
      lines.push(`table ${name}`);
      for (const [set, { declaration, elements }] of [...sets].sort(byName)) {
        lines.push(`  ${set} ${declaration}`);
        for (const [key, { verdict, comment }] of [...elements].sort(byName))
          lines.push(
            `    ${key}${comment === undefined ? '' : ` "${comment}"`}${verdict === undefined ? '' : ` : ${verdict}`}`,
          );
      }
      for (const [chain, { hook, rules }] of [...chains].sort(byName))
        lines.push(`  chain ${chain}${hook === undefined ? '' : ` ${hook}`}`, ...rules.map((rule) => `    ${rule}`));
    }
    return lines.join('\n');
  }

  /** What `nft -j list table` prints of it: enough for `observeTable`. */
  listing(name = 'ip kube-proxy'): string {
    const table = this.tables.get(name);
    if (table === undefined) return '';
    const objects: object[] = [...table.chains].flatMap(([chain, { hook, rules }]) => [
      { chain: { name: chain, ...(hook === undefined ? {} : hookJson(hook)) } },
      ...rules.map((rule) => ({ rule: { chain, ...ruleJson(rule) } })),
    ]);
    for (const [set, { declaration, elements }] of table.sets) {
      const timeout = / timeout (\d+)s/.exec(declaration)?.[1];
      const elem = [...elements].map(([key, { verdict, comment }]) => {
        const parts = key.split(' . ').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
        const val = parts.length === 1 ? parts[0] : { concat: parts };
        const listed = comment === undefined ? val : { elem: { val, comment } };
        if (verdict === undefined) return listed;
        const [word = '', target] = verdict.split(' ');
        return [listed, { [word]: target === undefined ? null : { target } }];
      });
      const kind = declaration.startsWith('map') ? 'map' : 'set';
      objects.push({ [kind]: { name: set, ...(timeout === undefined ? {} : { timeout: Number(timeout) }), elem } });
    }
    return JSON.stringify({ nftables: objects });
  }
}

/** `type filter hook input priority 0 ;` */
function hookJson(hook: string): object {
  const [, type, name, priority] = /^type (\S+) hook (\S+) priority (-?\d+)/.exec(hook) ?? [];
  return { type, hook: name, prio: Number(priority), policy: 'accept' };
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function applyLine(tables: Map<string, ModelTable>, line: string): void {
  const [, verb, kind, tableName = '', name = '', rest = ''] = LINE.exec(line) ?? [];
  if (verb === undefined) throw new Error(`unknown line: ${line}`);
  if (kind === 'table') {
    if (verb === 'delete') {
      if (!tables.delete(tableName)) throw new Error(`no such table: ${line}`);
    } else if (!tables.has(tableName)) tables.set(tableName, { chains: new Map(), sets: new Map() });
    return;
  }
  const table = tables.get(tableName);
  if (table === undefined) throw new Error(`no such table: ${line}`);
  if (kind === 'chain') applyChain(table, verb, name, rest, line);
  else if (kind === 'rule') chainOf(table, name, line).rules.push(rest);
  else if (kind === 'element') applyElement(table, verb, name, rest, line);
  else applySet(table, verb, name, `${kind} ${rest}`, line);
}

function chainOf(table: ModelTable, name: string, line: string): ModelChain {
  const chain = table.chains.get(name);
  if (chain === undefined) throw new Error(`no such chain: ${line}`);
  return chain;
}

function applyChain(table: ModelTable, verb: string, name: string, rest: string, line: string): void {
  if (verb === 'add') {
    const hook = rest.startsWith('{ type ') ? rest.slice(2, -4) : undefined;
    const standing = table.chains.get(name);
    if (standing === undefined) table.chains.set(name, { hook, rules: [] });
    else if (hook !== undefined && standing.hook !== hook)
      throw new Error(`the chain stands with another hook: ${line}`);
    return;
  }
  const chain = chainOf(table, name, line);
  chain.rules.length = 0;
  if (verb === 'flush') return;
  for (const { rules } of table.chains.values()) {
    if (rules.some((rule) => targetsOf(rule).includes(name))) throw new Error(`a rule goes to it: ${line}`);
  }
  for (const { elements } of table.sets.values()) {
    for (const { verdict } of elements.values())
      if (verdict === `goto ${name}`) throw new Error(`an element goes to it: ${line}`);
  }
  table.chains.delete(name);
}

function applySet(table: ModelTable, verb: string, name: string, declaration: string, line: string): void {
  const standing = table.sets.get(name);
  if (verb === 'add') {
    if (standing === undefined) table.sets.set(name, { declaration, elements: new Map() });
    else if (standing.declaration !== declaration) throw new Error(`it stands with another declaration: ${line}`);
    return;
  }
  if (standing === undefined) throw new Error(`no such set: ${line}`);
  if (verb === 'flush') standing.elements.clear();
  else {
    for (const { rules } of table.chains.values())
      if (rules.some((rule) => setsOf(rule).includes(name))) throw new Error(`a rule looks into it: ${line}`);
    table.sets.delete(name);
  }
}

function applyElement(table: ModelTable, verb: string, name: string, rest: string, line: string): void {
  const set = table.sets.get(name);
  if (set === undefined) throw new Error(`no such set: ${line}`);
  const [, key = '', comment, verdict] = /^\{ (.+?)(?: comment "([^"]*)")?(?: : (.+))? \}$/.exec(rest) ?? [];
  if (key === '') throw new Error(`no element: ${line}`);
  if (verb === 'delete') {
    if (!set.elements.delete(key)) throw new Error(`no such element: ${line}`);
    return;
  }
  if (set.elements.has(key)) throw new Error(`the element stands: ${line}`);
  const target = verdict?.startsWith('goto ') ? verdict.slice('goto '.length) : undefined;
  if (target !== undefined && !table.chains.has(target)) throw new Error(`no such chain: ${line}`);
  set.elements.set(key, { verdict, comment });
}

function targetsOf(rule: string): string[] {
  return [...rule.matchAll(/(?:goto|jump) (\S+)/g)].map((match) => match[1]!);
}

function setsOf(rule: string): string[] {
  return [...rule.matchAll(/@(\S+)/g)].map((match) => match[1]!);
}

function checkReferences({ chains, sets }: ModelTable): void {
  for (const [name, { rules }] of chains) {
    for (const rule of rules) {
      for (const target of targetsOf(rule)) if (!chains.has(target)) throw new Error(`${name} goes nowhere: ${rule}`);
      for (const set of setsOf(rule)) if (!sets.has(set)) throw new Error(`${name} looks into no set: ${rule}`);
    }
  }
}
