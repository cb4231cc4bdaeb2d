/**
 * A model of the kernel's iptables tables that takes the input of `iptables-restore --noflush`, as strictly as the real
 * one: a section is all or nothing, chains must exist and be empty and unreferenced to go, `-D` must find its rule.
 */
type Tables = Map<string, Map<string, string[]>>;

const BUILT_IN: Readonly<Record<string, readonly string[]>> = {
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
};

const TARGETS = new Set(['ACCEPT', 'DROP', 'REJECT', 'RETURN', 'MARK', 'MASQUERADE', 'DNAT', 'REDIRECT']);

export class RuleModel {
  tables: Tables = new Map(
    Object.entries(BUILT_IN).map(([table, chains]) => [table, new Map(chains.map((chain) => [chain, []]))]),
  );

  /** Takes a text; throws at the first line the kernel would refuse, leaving the sections before it in force. */
  restore(text: string): void {
    let table = '';
    let draft: Map<string, string[]> | undefined;
    for (const line of text.split('\n')) {
      if (line === '' || line.startsWith('#')) continue;
      if (line.startsWith('*')) {
        table = line.slice(1);
        draft = new Map([...this.#table(table)].map(([chain, rules]) => [chain, [...rules]]));
      } else if (draft === undefined) {
        throw new Error(`outside a table: ${line}`);
      } else if (line === 'COMMIT') {
        checkJumps(draft);
        this.tables.set(table, draft);
        draft = undefined;
      } else {
        applyLine(draft, line, (BUILT_IN[table] ?? []).length === 0 ? [] : BUILT_IN[table]!);
      }
    }
    if (draft !== undefined) throw new Error(`*${table} without COMMIT`);
  }

  rulesOf(table: string, chain: string): readonly string[] {
    const rules = this.#table(table).get(chain);
    if (rules === undefined) throw new Error(`no chain ${chain} in ${table}`);
    return rules;
  }

  /** As `iptables-save`: without counters, so that two models can be compared. `sorted` chains lose their order. */
  dump(sorted: readonly string[] = []): string {
    const lines: string[] = [];
    for (const [table, chains] of [...this.tables].sort()) {
      for (const [chain, rules] of [...chains].sort(([a], [b]) => (a < b ? -1 : 1))) {
        lines.push(`${table} ${chain}`);
        for (const rule of sorted.includes(chain) ? [...rules].sort() : rules) lines.push(`  ${rule}`);
      }
    }
    return lines.join('\n');
  }

  #table(name: string): Map<string, string[]> {
    const table = this.tables.get(name);
    if (table === undefined) throw new Error(`no table ${name}`);
    return table;
  }
}

/** What `iptables-save` would print of the model: enough for `observeSave`. */
export function saveOf(model: RuleModel): string {
  return [...model.tables]
    .map(([table, chains]) =>
      [
        `*${table}`,
        ...[...chains.keys()].map((name) => `:${name} ${name.startsWith('KUBE-') ? '-' : 'ACCEPT'} [0:0]`),
        ...[...chains].flatMap(([name, rules]) => rules.map((rule) => `-A ${name} ${rule}`)),
        'COMMIT',
      ].join('\n'),
    )
    .join('\n');
}

/** The chain or built-in target a rule goes to; undefined for a rule that only counts. */
export function targetOf(rule: string): string | undefined {
  return / -j (\S+)/.exec(` ${rule}`)?.[1];
}

function applyLine(chains: Map<string, string[]>, line: string, builtIn: readonly string[]): void {
  const chainLine = /^:(\S+) - \[0:0\]$/.exec(line);
  if (chainLine !== null) {
    if (builtIn.includes(chainLine[1]!)) throw new Error(`a built-in chain has a policy: ${line}`);
    chains.set(chainLine[1]!, []);
    return;
  }
  const [, command, name = '', rule = ''] = /^-([AIDX]) (\S+)(?: (.+))?$/.exec(line) ?? [];
  const rules = chains.get(name);
  if (command === undefined) throw new Error(`unknown line: ${line}`);
  if (rules === undefined) throw new Error(`no such chain: ${line}`);
  if (command === 'X') {
    if (rules.length > 0) throw new Error(`chain is not empty: ${line}`);
    for (const [other, theirs] of chains) {
      if (theirs.some((text) => targetOf(text) === name)) throw new Error(`${other} still jumps to it: ${line}`);
    }
    chains.delete(name);
  } else if (command === 'D') {
    const index = rules.indexOf(rule);
    if (index < 0) throw new Error(`no such rule: ${line}`);
    rules.splice(index, 1);
  } else if (command === 'I') {
    rules.unshift(rule);
  } else {
    rules.push(rule);
  }
}

function checkJumps(chains: ReadonlyMap<string, readonly string[]>): void {
  for (const [name, rules] of chains) {
    for (const rule of rules) {
      const target = targetOf(rule);
      if (target !== undefined && !TARGETS.has(target) && !chains.has(target))
        throw new Error(`${name} jumps to a chain that does not exist: ${rule}`);
    }
  }
}
