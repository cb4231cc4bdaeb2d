/** What somebody changes in a kernel with IPVS is noticed and put back, whatever it is. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { ProxyBackend } from '../../src/proxy/backends/backend.ts';
import { ipvsBackend } from '../../src/proxy/backends/ipvs/backend.ts';
import {
  type Change,
  nodeRules,
  RESTORE,
  replacements,
  replacementText,
  type SavedRule,
  savedRules,
} from '../integration/proxy/foreign-changes.ts';
import { scratch } from '../integration/scratch.ts';

const lab = scratch();
let node: Awaited<ReturnType<typeof nodeRules>>;

beforeAll(async () => {
  const [netns = ''] = await lab.create(['changed']);
  node = await nodeRules(lab.kernel, netns, ipvsBackend as ProxyBackend<unknown>);
});

const servers = (...lines: string[]): Change => [['ipvsadm', '-R'], `${lines.join('\n')}\n`];
const entries = (...lines: string[]): Change => [['ipset', 'restore'], `${lines.join('\n')}\n`];
const ip = (...lines: string[]): Change => [['ip', '-batch', '-'], `${lines.join('\n')}\n`];

describe('what somebody changes', () => {
  it('in virtual servers, sets and addresses is noticed one by one, and put back', async () => {
    const changes: (readonly [Change, string])[] = [
      [servers('-e -t 10.96.0.1:80 -r 10.244.2.2:80 -m -w 7'), '-e -t 10.96.0.1:80 -r 10.244.2.2:80 -m -w 1'],
      [servers('-e -t 10.96.0.1:80 -r 10.244.2.4:80 -g -w 1'), '-e -t 10.96.0.1:80 -r 10.244.2.4:80 -m -w 1'],
      [servers('-e -t 10.96.0.2:80 -r 10.244.2.4:80 -i -w 1'), '-e -t 10.96.0.2:80 -r 10.244.2.4:80 -m -w 1'],
      [servers('-d -t 10.96.0.2:80 -r 10.244.2.2:80'), '-a -t 10.96.0.2:80 -r 10.244.2.2:80 -m -w 1'],
      [servers('-a -t 10.96.0.4:80 -r 10.244.9.9:80 -m -w 1'), '-e -t 10.96.0.4:80 -r 10.244.9.9:80 -m -w 0'],
      [servers('-E -t 10.96.0.5:80 -s lc'), '-E -t 10.96.0.5:80 -s rr'],
      [servers('-E -t 10.96.0.2:80 -s rr -p 10800 -M 255.255.255.0'), '-E -t 10.96.0.2:80 -s rr -p 10800'],
      [servers('-E -t 10.96.0.6:80 -s rr -p 60'), '-E -t 10.96.0.6:80 -s rr'],
      [servers('-E -u 10.96.0.3:53 -s rr -o'), '-E -u 10.96.0.3:53 -s rr'],
      [servers('-D -t 10.96.0.7:80'), '-A -t 10.96.0.7:80 -s rr'],
      [servers('-A -t 10.96.9.9:80 -s rr'), '-D -t 10.96.9.9:80'],
      [
        entries('del KUBE-CLUSTER-IP 10.96.0.1,tcp:80', 'add KUBE-CLUSTER-IP 10.96.9.9,tcp:80'),
        'add KUBE-CLUSTER-IP 10.96.0.1,tcp:80 -exist',
      ],
      [entries('add KUBE-NODE-PORT-TCP 30999'), 'del KUBE-NODE-PORT-TCP 30999 -exist'],
      [
        entries('add KUBE-LOAD-BALANCER-SOURCE-CIDR 10.201.0.1,tcp:80,203.0.113.0/24 nomatch -exist'),
        'add KUBE-LOAD-BALANCER-SOURCE-CIDR 10.201.0.1,tcp:80,203.0.113.0/24 -exist',
      ],
      [ip('address del 10.96.0.1/32 dev kube-ipvs0', 'address add 10.96.9.9/32 dev kube-ipvs0'), ''],
    ];
    const { found } = await node.change(...changes.map(([change]) => change));
    for (const [, line] of changes) if (line !== '') expect(found).toContain(`misses "${line}"`);
    expect(found).toContain('kube-ipvs0 lacks 10.96.0.1');
    expect(found).toContain('kube-ipvs0 has 10.96.9.9');
  });

  it('in rules is noticed one by one, and put back', async () => {
    // Each word there is on the host; as many as go at once here, where a look takes long.
    const rounds = replacements((await node.list())[3]!).slice(0, 2);
    expect(rounds.flat().length).toBeGreaterThan(20);
    for (const round of rounds) {
      const { changed, found } = await node.change([RESTORE, replacementText(round)]);
      for (const { table, chain, number } of round) {
        const isIt = (other: SavedRule) => other.table === table && other.chain === chain && other.number === number;
        expect(found).toContain(`${table} ${chain} has "${savedRules(changed[3]!).find(isIt)!.rule}"`);
      }
    }
  });
});
