/** What somebody else does to a node's rules, and whether it is noticed and taken back. */
import { expect } from 'vitest';
import type { Kernel, Netns } from '../../../src/kernel/kernel.ts';
import type { ProxyBackend } from '../../../src/proxy/backends/backend.ts';
import { RuleSync } from '../../../src/proxy/rule-sync.ts';
import { Ports } from '../../proxy/backends/userspace/rules-under-test.ts';
import { FACTS_4 } from '../../proxy/fixtures.ts';
import { richViews } from './rich-cluster.ts';

/** A command and its standard input. */
export type Change = readonly [argv: readonly [string, ...string[]], text: string];

/** The rules of a whole node, and a way to change them behind their backend's back. */
export async function nodeRules(kernel: Kernel, netns: Netns, backend: ProxyBackend<unknown>) {
  const rules = new RuleSync(kernel, netns, backend, { ...FACTS_4, serviceCIDRs: ['10.96.0.0/12'] });
  const views = richViews(4);
  const relayPorts = new Ports().for(views);
  const list = () => Promise.all(backend.observe(4).map(async (argv) => (await kernel.read(netns, argv)).stdout));
  const { state } = backend.plan({ views, facts: rules.facts, relayPorts }, backend.observed(await list(), 4));
  await rules.sync(views, relayPorts);
  return {
    rules,
    list,
    /** Changes rules; gives what stands then, and what is said of it. The next sync takes all of it back. */
    async change(...changes: Change[]): Promise<{ changed: string[]; found: string[] }> {
      const words = changes.map(([argv, text]) => `${argv.join(' ')}\n${text}`).join('');
      const before = comparable(await list());
      for (const [argv, text] of changes)
        expect(await kernel.read(netns, argv, text), words).toMatchObject({ exitCode: 0, stderr: '' });
      const changed = await list();
      const found = [...backend.differences(state, changed, 4)];
      expect(await rules.check(), words).toBe(found[0]);
      // Of ipvs: a real server that is nobody's leaves, and goes at a later look.
      for (let looks = 0; looks < 5; looks += 1) if (!(await rules.sync(views, relayPorts)).isUnfinished) break;
      expect(await rules.check(), words).toBeUndefined();
      expect(comparable(await list()), words).toEqual(before);
      return { changed, found };
    },
  };
}

/** Listings without what differs each time, their lines and objects of JSON in an order of their own. */
function comparable(listings: readonly string[]): string[] {
  const text = listings.join('\n').replace(/^#.*$/gm, '');
  const words = text.replace(/\[\d+:\d+\]|"handle": \d+/g, '');
  return words.split(/[\n{}]|\[\{|\}\]/).sort();
}

export const RESTORE = ['iptables-restore', '--noflush'] as const;

export interface SavedRule {
  readonly table: string;
  readonly chain: string;
  /** Its place in the chain, from 1. */
  readonly number: number;
  readonly rule: string;
}

/** Our rules. */
export function savedRules(save: string): SavedRule[] {
  const rules: SavedRule[] = [];
  let table = '';
  for (const line of save.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    const [, chain = '', rule = ''] = /^-A (KUBE-(?!FIREWALL)\S+) (.+)$/.exec(line) ?? [];
    if (chain === '') continue;
    const number = rules.filter((other) => other.table === table && other.chain === chain).length + 1;
    rules.push({ table, chain, number, rule });
  }
  return rules;
}

/** Words of a rule, and what somebody puts in their place. */
const OTHER_WORDS: readonly (readonly [RegExp, string])[] = [
  [/--to-destination \S+/, '--to-destination 10.244.2.99:80'],
  [/--to-ports \d+/, '--to-ports 9'],
  [/--dport \d+/, '--dport 9'],
  [/--probability \S+/, '--probability 0.25'],
  [/--seconds \d+/, '--seconds 5'],
  [/--mask \S+/, '--mask 255.255.0.0'],
  [/--set-xmark \S+/, '--set-xmark 0x8000/0x8000'],
  [/--mark \S+/, '--mark 0x8000/0x8000'],
  [/--reject-with \S+/, '--reject-with icmp-host-unreachable'],
  [/(--(src|dst)-type) LOCAL/, '$1 BROADCAST'],
  [/--(ct)?state \S+/, '--$1state UNTRACKED'],
  [/! -s/, '-s'],
  [/-s \S+/, '-s 198.18.0.0/15'],
  [/-d \S+/, '-d 203.0.113.9/32'],
  [/--random-fully/, ''],
  [/-j (KUBE-MARK-MASQ|DROP|REJECT.*|ACCEPT)$/, '-j RETURN'],
  [/-m statistic \S+ \S+ \S+ \S+ /, ''],
  [/--comment "/, '--comment "not '],
  [/ (dst|dst,dst|dst,dst,src)(?= |$)/, ' src'],
];

/** Changes for each word there is in the rules of each kind of chain, in rounds in which a rule is changed once. */
export function replacements(save: string): SavedRule[][] {
  const known = new Set<string>();
  const rounds: SavedRule[][] = [];
  for (const standing of savedRules(save))
    for (const [word, other] of OTHER_WORDS) {
      const kind = `${standing.table} ${standing.chain.replace(/-[A-Z0-9]{16}$/, '')} ${word}`;
      const rule = standing.rule.replace(word, other);
      if (rule === standing.rule || known.has(kind)) continue;
      known.add(kind);
      const isFree = (round: readonly SavedRule[]) =>
        !round.some(({ chain, number }) => chain === standing.chain && number === standing.number);
      const round = rounds.find(isFree);
      if (round === undefined) rounds.push([{ ...standing, rule }]);
      else round.push({ ...standing, rule });
    }
  return rounds;
}

/** As `iptables -R`, for several. */
export function replacementText(rules: readonly SavedRule[]): string {
  return [...Map.groupBy(rules, ({ table }) => table)]
    .map(([table, own]) => {
      const lines = own.map(({ chain, number, rule }) => `-R ${chain} ${number} ${rule}\n`);
      return `*${table}\n${lines.join('')}COMMIT\n`;
    })
    .join('');
}
