import { describe, expect, it } from 'vitest';
import type { ScenarioEvent } from '../../../src/scenario/events.ts';
import { WORDS } from '../../../src/scenario/reporters/html/words.ts';
import { makeReporter } from '../../../src/scenario/reporters/make-reporter.ts';
import { trace } from '../../../src/walk/trace.ts';
import { POINTS, replayingKernel } from '../../walk/replay.ts';
import { markup } from './markup.ts';
import { playedRun } from './played.ts';

function page(events: readonly ScenarioEvent[] = playedRun(), language: 'en' | 'zh' = 'en'): string {
  const reporter = makeReporter('html', { language, colour: false });
  for (const event of events) reporter.lines(event);
  return reporter.summary().join('\n');
}

/** The text of each row of the table. */
function rows(html: string): string[] {
  return [...html.matchAll(/<tr class.*?<\/tr>/gs)].map(([row]) => row.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' '));
}

/** The same run; the first step has captured a walk and changed rules. */
async function withWalk(): Promise<ScenarioEvent[]> {
  const flow = { kind: 'echo', mark: Buffer.from('podwire-probe-01') } as const;
  const { hops } = await trace(replayingKernel('ping'), POINTS, flow, async () => undefined);
  return playedRun().map((event) => {
    if (event.type === 'output') return { ...event, text: 'in words', hops };
    if (event.type !== 'stepEnded' || event.outcome !== 'held') return event;
    const about = { service: 'a/web', port: 'a/web:80', part: 'endpoint 10.244.1.2:80' };
    const added = [{ text: '-A KUBE-SERVICES --comment "<&>"', about }];
    const sections = [{ place: 'nat KUBE-SERVICES', removed: [{ text: '-A old' }], added }];
    return { ...event, rules: { changes: [{ nodes: ['node-1', 'node-2'], sections }] } };
  });
}

describe('html', () => {
  it('is one page without script or anything from elsewhere, with the lab’s picture', () => {
    const html = page();
    expect(html).toContain('<svg');
    expect(html).toContain('192.168.1.11');
    // The name space of SVG is no address that is fetched.
    expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|<script|<link|@import|url\(|src=/);
    expect(html).not.toContain('<b>"&"');
  });

  it('has failed plays first, with what they failed on, then passed, then skipped ones', () => {
    expect(rows(page())).toEqual([
      expect.stringMatching(/✗ It #breaks: 100%, really 2 exec: expected: .* cleanup failed nftables 0\/1 0\.03 s/),
      ' ✓ One &amp; &lt;two&gt; iptables 1/1 2.00 s ',
      ' – One &amp; &lt;two&gt; the kernel has no IPVS ipvs ',
      ' – One &amp; &lt;two&gt; the kernel has no IPVS userspace ',
    ]);
  });

  it('goes to what it names, and has a button for each outcome there is', () => {
    const elements = markup(page());
    const ids = elements.flatMap(({ attributes }) => attributes.id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const targets = elements.flatMap(({ attributes }) => attributes.href ?? []);
    expect(targets).toContain('#play-1-step-2');
    expect(targets.filter((href) => !ids.includes(href.slice(1)))).toEqual([]);
    expect(ids.filter((id) => id.startsWith('show-'))).toEqual([
      'show-all',
      'show-failed',
      'show-passed',
      'show-skipped',
    ]);
    const labels = elements.flatMap(({ attributes }) => attributes.for ?? []);
    expect(labels).toEqual(ids.filter((id) => id.startsWith('show-')));
  });

  it('draws a walk, the words of it folded, and folds what changed in the rules', async () => {
    const html = page(await withWalk());
    markup(html);
    expect(html).toContain('class="picture walk"');
    expect(html).toContain('<details><summary>the walk in words</summary><pre>in words</pre></details>');
    const [, rules = ''] = /<details><summary>rules changed: \+1 −1<\/summary>(.*?)<\/details>/s.exec(html) ?? [];
    expect(rules.replace(/<[^>]+>/g, '')).toBe(
      [
        'node-1, node-2',
        '  nat KUBE-SERVICES',
        '    − -A old',
        '    + -A KUBE-SERVICES --comment &quot;&lt;&amp;&gt;&quot;  # a/web:80, endpoint 10.244.1.2:80',
      ].join('\n'),
    );
  });

  it('says everything of its own in Chinese too', async () => {
    const html = page(await withWalk(), 'zh');
    expect(html).toContain('<html lang="zh">');
    const english = WORDS.en;
    const shown = html.replace(/<style>.*<\/style>/s, '').replace(/ (class|id|for|name)="[^"]*"/g, '');
    const own = [
      english.heading,
      english.lab,
      english.cleanup,
      english.walk,
      english.rules,
      ...Object.values(english.outcome),
    ];
    expect(own.filter((words) => shown.includes(words))).toEqual([]);
    expect(html).toContain('返回');
  });
});
