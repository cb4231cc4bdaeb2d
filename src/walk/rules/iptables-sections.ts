/** `iptables-save` in sections. A rule is about the chain it jumps to; in a chain of a Service, where it goes nowhere, about that. Pure. */
import type { RuleSubject } from '../../proxy/backends/rule-subject.ts';
import type { RuleLine, RuleSection } from './rule-section.ts';

const BUILT_IN = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];

/** kube-proxy's chains, and of the built-in ones the rules that lead there; `subjects` by chain. */
export function iptablesSections(save: string, subjects: ReadonlyMap<string, RuleSubject>): RuleSection[] {
  const lines = new Map<string, RuleLine[]>();
  const byPort = new Map([...subjects.values()].map(({ service, port }) => [port, { service, port }]));
  let table = '';
  for (const text of save.split('\n')) {
    if (text.startsWith('*')) table = text.slice(1).trim();
    const [, chain = ''] = /^-A (\S+)/.exec(text) ?? [];
    if (chain === '' || (BUILT_IN.includes(chain) && !/ -j KUBE-/.test(text))) continue;
    const place = `${table} ${chain}`;
    const own = lines.get(place) ?? [];
    lines.set(place, own);
    const about = subjects.get(/ -j (\S+)/.exec(text)?.[1] ?? '') ?? byPort.get(commentedPort(text));
    own.push({ text, ...(about === undefined ? {} : { about }) });
  }
  return [...lines].map(([place, own]) => {
    const about = subjects.get(place.split(' ')[1] ?? '');
    return { place, ...(about === undefined ? {} : { about }), lines: own };
  });
}

/** kube-proxy's comments begin with the Service port. */
function commentedPort(rule: string): string {
  return /--comment "?([^" ]+)/.exec(rule)?.[1] ?? '';
}
