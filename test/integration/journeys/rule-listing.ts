/**
 * `iptables-save` for comparison: chain by chain in the order of their names, counters off. In a chain rules keep their order; in the
 * dispatch chains, which kube-proxy fills in no fixed order, they are sorted before the last, which must stay the last.
 */

const DISPATCH = new Set(['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-EXTERNAL-SERVICES', 'KUBE-PROXY-FIREWALL']);

/** Chain (`nat KUBE-SERVICES`) → its rules without `-A CHAIN`; built-in chains are there with their policy. */
export function chainsOf(save: string): Map<string, string[]> {
  const chains = new Map<string, string[]>();
  let table = '';
  for (const line of save.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    const chain = /^:(\S+)/.exec(line)?.[1];
    if (chain !== undefined) chains.set(`${table} ${chain}`, []);
    const [, of, rule] = /^-A (\S+) (.*)$/.exec(line) ?? [];
    if (of !== undefined) chains.get(`${table} ${of}`)!.push(rule!);
  }
  return chains;
}

/** One text of the tables `nat` and `filter`, without the chains and rules that `skip` names. */
export function ruleListing(save: string, skip: (ruleOrChain: string) => boolean): string {
  const chains = [...chainsOf(save)].filter(([name]) =>
    /^(nat|filter) (KUBE|PREROUTING|INPUT|FORWARD|OUTPUT|POST)/.test(name),
  );
  const text = chains.flatMap(([name, all]) => {
    const rules = all.filter((rule) => !skip(rule));
    if (all.length > 0 && rules.length === 0) return [];
    return [
      `${name}\n${inOrder(name, rules)
        .map((rule) => `  ${rule}\n`)
        .join('')}`,
    ];
  });
  return text.sort().join('');
}

function inOrder(name: string, rules: readonly string[]): string[] {
  if (!DISPATCH.has(name.split(' ')[1]!)) return [...rules];
  const last = rules.filter((rule) => rule.includes('NOTE: this must be the last rule in this chain'));
  return [...rules.filter((rule) => !last.includes(rule)).sort(), ...last];
}
