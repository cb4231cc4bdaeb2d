import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Batch } from '../../../src/kernel/kernel.ts';
import type { ProxyBackend } from '../../../src/proxy/backends/backend.ts';
import { iptablesBackend } from '../../../src/proxy/backends/iptables/backend.ts';
import { nftablesBackend } from '../../../src/proxy/backends/nftables/backend.ts';
import { userspaceBackend } from '../../../src/proxy/backends/userspace/backend.ts';
import { ensurePacketCounters } from '../../../src/proxy/packet-counters.ts';
import { arbitraryDesired } from '../../proxy/arbitrary-cluster.ts';
import { Ports } from '../../proxy/backends/userspace/rules-under-test.ts';
import { scratch } from '../scratch.ts';
import { nodeRules, RESTORE, replacements, replacementText, type SavedRule, savedRules } from './foreign-changes.ts';

// The kernel's tools list what was written in words of their own. That is to be taken for what it is; what somebody changed is not.

const lab = scratch();
const FAMILIES = [4, 6] as const;
let netns: string;
let legacy: string;
let hasPacketCounters: boolean;

beforeAll(async () => {
  [netns = '', legacy = ''] = await lab.create(['node-1', 'legacy'], { ipv6: true });
  hasPacketCounters = await ensurePacketCounters(lab.kernel, netns);
  await ensurePacketCounters(lab.kernel, legacy);
});

/** The tools of iptables-nft, or of iptables-legacy in a namespace of their own. */
function tables(family: 4 | 6, isLegacy: boolean) {
  const tool = `${family === 6 ? 'ip6tables' : 'iptables'}${isLegacy ? '-legacy' : ''}`;
  const place = isLegacy ? legacy : netns;
  return {
    async save(): Promise<string> {
      return (await lab.kernel.read(place, [`${tool}-save`])).stdout;
    },
    async run(batches: readonly Batch[]): Promise<void> {
      for (const batch of batches) {
        if (batch.tool !== 'iptables-restore') continue;
        const result = await lab.kernel.read(place, [`${tool}-restore`, '--noflush'], batch.text);
        expect(result).toMatchObject({ exitCode: 0, stderr: '' });
      }
    },
  };
}

/** Every place in a listing behind a word of one of our rules. */
function wordEnds(save: string): number[] {
  const ends: number[] = [];
  for (const { 0: line, index } of save.matchAll(/^-A KUBE-(?!FIREWALL)\S+ .+$/gm))
    for (const word of line.matchAll(/(?<=^-A \S+ .*)[^ "]+/g)) ends.push(index + word.index + word[0].length);
  return ends;
}

describe.each(FAMILIES)('what iptables lists in IPv%i', (family) => {
  it.each([
    ['iptables', iptablesBackend as ProxyBackend<unknown>, false],
    ['iptables', iptablesBackend as ProxyBackend<unknown>, true],
    ['userspace', userspaceBackend as ProxyBackend<unknown>, false],
    ['userspace', userspaceBackend as ProxyBackend<unknown>, true],
  ])('of mode %s is whole, and not with one word changed', async (_, backend, isLegacy) => {
    const { save, run } = tables(family, isLegacy);
    await fc.assert(
      fc.asyncProperty(arbitraryDesired(family), fc.array(fc.nat(), { maxLength: 20 }), async (wanted, places) => {
        const relayPorts = new Ports().for(wanted.views);
        const facts = { ...wanted.facts, hasPacketCounters: wanted.facts.hasPacketCounters && hasPacketCounters };
        const { batches, state } = backend.plan(
          { ...wanted, facts, relayPorts },
          backend.observed([await save()], family),
        );
        await run(batches);
        const standing = await save();
        expect([...backend.differences(state, [standing], family)]).toEqual([]);
        const ends = wordEnds(standing);
        for (const place of ends.length === 0 ? [] : places) {
          const at = ends[place % ends.length]!;
          const changed = `${standing.slice(0, at)}x${standing.slice(at)}`;
          const line = changed.slice(changed.lastIndexOf('\n', at) + 1, changed.indexOf('\n', at));
          expect([...backend.differences(state, [changed], family)], line).not.toEqual([]);
        }
        await run(backend.cleanup(backend.observed([standing], family), family));
      }),
      { numRuns: 8 },
    );
  });
});

describe.each(FAMILIES)('what nft lists in IPv%i', (family) => {
  it('is whole, whatever Services and options there are', async () => {
    const list = async () => (await lab.kernel.read(netns, nftablesBackend.observe(family)[0]!)).stdout;
    await fc.assert(
      fc.asyncProperty(arbitraryDesired(family), async (wanted) => {
        const { batches, state } = nftablesBackend.plan(wanted, nftablesBackend.observed([await list()], family));
        await lab.kernel.run(netns, batches);
        expect([...nftablesBackend.differences(state, [await list()], family)]).toEqual([]);
      }),
      { numRuns: 12 },
    );
    await lab.kernel.run(netns, [{ tool: 'nft', text: `delete table ip${family === 6 ? '6' : ''} kube-proxy\n` }]);
  });
});

describe.each([
  ['iptables', iptablesBackend as ProxyBackend<unknown>],
  ['userspace', userspaceBackend as ProxyBackend<unknown>],
])('rules of mode %s', (_, backend) => {
  it('that are replaced by others, whichever word differs, are each noticed, and put back', async () => {
    const { rules, list, change } = await nodeRules(lab.kernel, netns, backend);
    const rounds = replacements((await list())[0]!);
    expect(rounds.flat().length).toBeGreaterThan(25);
    for (const round of rounds) {
      const { changed, found } = await change([RESTORE, replacementText(round)]);
      for (const { table, chain, number } of round) {
        const isIt = (other: SavedRule) => other.table === table && other.chain === chain && other.number === number;
        expect(found).toContain(`${table} ${chain} has "${savedRules(changed[0]!).find(isIt)!.rule}"`);
      }
    }
    await rules.cleanup();
  });
});

describe('rules of one chain that are exchanged', () => {
  it('are put back; where Services share a chain the order is free but for its end', async () => {
    const { rules, list, change } = await nodeRules(lab.kernel, netns, iptablesBackend as ProxyBackend<unknown>);
    const exchange = async (chain: string, at: 0 | -2) => {
      const all = savedRules((await list())[0]!).filter((rule) => rule.table === 'nat' && rule.chain.startsWith(chain));
      const [a, b] = all.filter((rule) => rule.chain === all[0]!.chain).slice(at) as [SavedRule, SavedRule];
      return replacementText([
        { ...a, rule: b.rule },
        { ...b, rule: a.rule },
      ]);
    };
    for (const chain of ['KUBE-SVC-', 'KUBE-SEP-', 'KUBE-EXT-', 'KUBE-POSTROUTING'])
      await change([RESTORE, await exchange(chain, 0)]);
    await change([RESTORE, await exchange('KUBE-SERVICES', -2)]);
    await lab.kernel.read(netns, RESTORE, await exchange('KUBE-SERVICES', 0));
    expect(await rules.check()).toBeUndefined();
    await rules.cleanup();
  });
});

/** Words of nft's own text, and what somebody puts in their place. */
const OTHER_NFT_WORDS: readonly (readonly [RegExp, string])[] = [
  [/dnat to \S+/, 'dnat to 10.244.2.99:80'],
  [/0 : \S+ \. 80/, '0 : 10.244.2.99 . 80'],
  [/mod 3/, 'mod 4'],
  [/goto service-/, 'jump service-'],
  [/jump services$/, 'accept'],
  [/daddr @cluster-ips/, 'saddr @cluster-ips'],
  [/vmap @firewall-ips/, 'vmap @no-endpoint-services'],
  [/\| 0x00004000/, '| 0x00008000'],
  [/\^ 0x00004000/, '^ 0x00008000'],
  [/& 0x00004000/, '& 0x00008000'],
  [/masquerade fully-random/, 'masquerade'],
  [/ct status dnat/, 'ct status snat'],
  [/ct state new/, 'ct state established'],
  [/saddr != \{[^}]+\}/, 'saddr != { 198.18.0.0/15 }'],
  [/saddr != 10.244.0.0\/16/, 'saddr 10.244.0.0/16'],
  [/fib daddr type local/, 'fib daddr type broadcast'],
  [/fib saddr type local/, 'fib saddr type broadcast'],
  [/daddr != 127.0.0.0\/8/, 'daddr != 127.0.0.0/16'],
  [/daddr 10.96.0.0\/12/, 'daddr 10.96.0.0/16'],
  [/^update @(\S+)/, 'delete @$1'],
  [/meta l4proto tcp/, 'meta l4proto udp'],
  [/^reject$/, 'reject with icmp host-unreachable'],
  // Not in a rule with several blocks: nft 1.0.6 cannot replace one.
  [/ drop comment/, ' accept comment'],
  [/comment "/, 'comment "not '],
];

/** Rules as nft lists them, with their handles. */
async function listedRules() {
  const { stdout } = await lab.kernel.read(netns, ['nft', '-a', 'list', 'table', 'ip', 'kube-proxy']);
  const rules: { chain: string; rule: string; handle: string }[] = [];
  let chain = '';
  for (const line of stdout.split('\n')) {
    chain = /^\tchain (\S+) \{/.exec(line)?.[1] ?? chain;
    const [, rule = '', handle = ''] = /^\t\t(?!type )(.+) # handle (\d+)$/.exec(line) ?? [];
    if (rule !== '') rules.push({ chain, rule, handle });
  }
  return rules;
}

describe('rules of mode nftables', () => {
  const backend = nftablesBackend as ProxyBackend<unknown>;
  const NFT = ['nft', '-f', '-'] as const;

  it('that are replaced by others, whichever word differs, are each noticed, and put back', async () => {
    const { rules, change } = await nodeRules(lab.kernel, netns, backend);
    let left = OTHER_NFT_WORDS;
    while (left.length > 0) {
      const standing = await listedRules();
      const changed = new Set<string>();
      const later: (typeof left)[number][] = [];
      let text = '';
      for (const [word, other] of left) {
        const found = standing.find(({ rule, chain }) => word.test(rule) && !changed.has(chain));
        if (found === undefined) later.push([word, other]);
        else
          text += `replace rule ip kube-proxy ${found.chain} handle ${found.handle} ${found.rule.replace(word, other)}\n`;
        if (found !== undefined) changed.add(found.chain);
      }
      expect(later.length, `${later}`).toBeLessThan(left.length);
      const { found } = await change([NFT, text]);
      const told = found.map((words) => /^chain (\S+) is "/.exec(words)?.[1]);
      expect(told.sort(), text).toEqual([...changed].sort());
      left = later;
    }
    await rules.cleanup();
  });

  it.each([
    ['a rule more', 'insert rule ip kube-proxy services ip daddr 10.96.0.1 accept'],
    ['the policy of a hook', 'add chain ip kube-proxy filter-forward { policy drop ; }'],
    ['a table at rest', 'add table ip kube-proxy { flags dormant ; }'],
    [
      'an element that leads elsewhere',
      'delete element ip kube-proxy service-nodeports { tcp . 30080 }\n' +
        'add element ip kube-proxy service-nodeports { tcp . 30080 : drop }',
    ],
    ['an element of nobody', 'add element ip kube-proxy cluster-ips { 10.96.9.9 }'],
    ['a chain of no Service', 'add chain ip kube-proxy service-ABCDEFGH-ns/gone/tcp/p80'],
  ])('%s: is noticed and put back', async (_, text) => {
    const { rules, change } = await nodeRules(lab.kernel, netns, backend);
    await change([NFT, `${text}\n`]);
    await rules.cleanup();
  });

  it('leave alone a chain that somebody else has made', async () => {
    const { rules } = await nodeRules(lab.kernel, netns, backend);
    await lab.kernel.run(netns, [{ tool: 'nft', text: 'add chain ip kube-proxy mine\n' }]);
    expect(await rules.check()).toBeUndefined();
    await rules.cleanup();
  });
});
