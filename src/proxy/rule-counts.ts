/** How many rules of kube-proxy were written, and how many stand, by table of iptables. Pure. */
import type { Batch } from '../kernel/kernel.ts';

/** Rules that batches of `iptables-restore` add, by table. */
export function writtenRules(batches: readonly Batch[]): Record<string, number> {
  return countRules(batches.map((batch) => (batch.tool === 'iptables-restore' ? batch.text : '')).join(''), /^-[AI] /);
}

/** Rules in `iptables-save` that stand in kube-proxy's chains or lead there, by table. */
export function standingRules(save: string): Record<string, number> {
  return countRules(save, /^-A (KUBE-(?!FIREWALL|KUBELET|IPTABLES)|.* -j KUBE-(?!FIREWALL))/);
}

function countRules(text: string, rule: RegExp): Record<string, number> {
  const counts: Record<string, number> = {};
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    else if (rule.test(line)) counts[table] = (counts[table] ?? 0) + 1;
  }
  return counts;
}
