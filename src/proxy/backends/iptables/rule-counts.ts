/** How many rules stand in each chain, from what `iptables-save` prints. Pure. */

/** By `nat KUBE-SERVICES`; a chain without rules has 0. */
export type RuleCounts = ReadonlyMap<string, number>;

export function countRules(save: string): RuleCounts {
  const counts = new Map<string, number>();
  let table = '';
  for (const line of save.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    else if (line.startsWith(':')) counts.set(`${table} ${line.slice(1, line.indexOf(' '))}`, 0);
    else if (line.startsWith('-A ')) {
      const chain = `${table} ${line.slice(3, line.indexOf(' ', 3))}`;
      counts.set(chain, (counts.get(chain) ?? 0) + 1);
    }
  }
  return counts;
}
