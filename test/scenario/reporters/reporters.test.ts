import { Parser } from 'tap-parser';
import { describe, expect, it } from 'vitest';
import type { ScenarioEvent } from '../../../src/scenario/events.ts';
import { makeReporter } from '../../../src/scenario/reporters/make-reporter.ts';
import { REPORTER_NAMES, type ReporterName } from '../../../src/scenario/reporters/reporter.ts';
import { markup } from './markup.ts';
import { playedRun } from './played.ts';

/** What a reporter writes about these events. */
function written(name: ReporterName, events = playedRun()): string {
  const reporter = makeReporter(name, { language: 'en', colour: false });
  return `${[...events.flatMap((event) => reporter.lines(event)), ...reporter.summary()].join('\n')}\n`;
}

/** Elements by name: attributes of each, in order. Throws where the text is not well-formed. */
function elements(xml: string): Map<string, Record<string, string>[]> {
  const found = new Map<string, Record<string, string>[]>();
  const open: string[] = [];
  for (const [, text = '', closing, name, attributes = '', empty] of xml
    .replace(/^<\?xml[^>]*\?>/, '')
    .matchAll(/([^<]*)<(\/?)([\w-]+)((?:\s[\w-]+="[^"<]*")*)(\/?)>/g)) {
    if (/[&](?!(?:amp|lt|gt|quot|#\d+);)/.test(text + attributes)) throw new Error(`a bare & in ${text}${attributes}`);
    if (closing === '/') {
      if (open.pop() !== name) throw new Error(`</${name}> closes another element`);
      continue;
    }
    const own = [...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key!, value!] as const);
    found.set(name!, [...(found.get(name!) ?? []), Object.fromEntries(own)]);
    if (empty === '') open.push(name!);
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join(', ')}`);
  return found;
}

interface TapPoint {
  readonly ok: boolean;
  readonly name: string;
  readonly skip: boolean | string;
  readonly diag: unknown;
}

/** What a TAP parser makes of the text: the points of this level, those of each subtest, and the verdict. */
function parseTap(text: string) {
  const read = (events: ReturnType<typeof Parser.parse>) => ({
    points: events.flatMap(([kind, value]) => (kind === 'assert' ? [value as TapPoint] : [])),
    verdict: events.find(([kind]) => kind === 'complete')![1] as object,
  });
  const events = Parser.parse(text);
  const children = events.flatMap(([kind, value]) => (kind === 'child' ? [read(value)] : []));
  return { ...read(events), children };
}

describe('tap', () => {
  it('is read by a TAP parser: scenarios as points, steps below them, evidence in the diagnosis', () => {
    const { points, children, verdict } = parseTap(written('tap'));
    expect(points.map(({ ok, name, skip }) => ({ ok, name, skip }))).toEqual([
      { ok: true, name: 'One & <two> (iptables)', skip: false },
      { ok: false, name: 'It #breaks: 100%, really (nftables)', skip: false },
      { ok: true, name: 'One & <two> (ipvs)', skip: 'the kernel has no IPVS' },
      { ok: true, name: 'One & <two> (userspace)', skip: 'the kernel has no IPVS' },
    ]);
    expect(children.map((child) => child.points.map(({ ok, name }) => [ok, name]))).toEqual([
      [[true, '1 exec: The first 1.5 seconds.']],
      [
        [false, '2 exec: kubectl get pods'],
        [false, 'cleanup'],
      ],
    ]);
    expect(children[1]!.points[0]!.diag).toMatchObject({ message: expect.stringContaining('observed: another') });
    expect(verdict).toMatchObject({ ok: false, count: 4, fail: 1, skip: 2, failures: [{ id: 2 }] });
  });

  it('is whole when nothing was played', () => {
    expect(parseTap(written('tap', [])).verdict).toMatchObject({ ok: true, count: 0, failures: [] });
  });

  it('counts a scenario that was not played to its end against the run', () => {
    for (const count of [1, 6])
      expect(parseTap(written('tap', playedRun().slice(0, count))).verdict).toMatchObject({
        ok: false,
        count: 1,
        fail: 1,
      });
  });
});

describe('junit', () => {
  it('has a suite for each scenario and backend, a case for each step, true counts', () => {
    const found = elements(written('junit'));
    const counts = found
      .get('testsuite')!
      .map(({ name, tests, failures, errors }) => [name, tests, failures, errors].join(' '));
    expect(counts).toEqual([
      'first.iptables 1 0 0',
      'second.nftables 2 1 1',
      'first.ipvs 1 0 0',
      'first.userspace 1 0 0',
    ]);
    expect(found.get('skipped')).toHaveLength(2);
    expect(found.get('testcase')!.map(({ name, time }) => `${name} ${time}`)).toEqual([
      '1 exec: The first 1.5 seconds. 1.234',
      '2 exec: kubectl get pods 0.020',
      'cleanup 0.000',
      'scenario 0.000',
      'scenario 0.000',
    ]);
  });

  it('keeps what cannot be in XML out, and every other character in', () => {
    const text = written('junit');
    expect(text).not.toMatch(/[^\P{Cc}\t\n]/u);
    expect(text).toContain(
      '&lt;b&gt;&quot;&amp;&quot; # 100%, a:b ]]&gt; red\ufffd ::error::\n::warning::no command\tend 中文',
    );
  });
});

describe('json', () => {
  it('tells everything', () => {
    const report = JSON.parse(written('json'));
    expect(report).toMatchObject({
      kind: 'RunReport',
      counts: { passed: 1, failed: 1, interrupted: 0, skipped: 2 },
      scenarios: [
        { name: 'first', outcome: 'passed', steps: [{ id: '1', outcome: 'held', ms: 1234 }] },
        {
          outcome: 'failed',
          cleanupProblem: 'namespace second: it is still terminating',
          steps: [{ checks: [{ held: false, observed: 'another' }], evidence: [{ title: 'events' }] }],
        },
        { outcome: 'skipped', proxyMode: 'ipvs' },
        { outcome: 'skipped', proxyMode: 'userspace' },
      ],
    });
  });
});

describe('github', () => {
  it('annotates the file with what failed, and lets no output be a command', () => {
    const lines = written('github').split('\n');
    const commands = lines.filter((line) => line.startsWith('::'));
    expect(commands.map((line) => line.slice(0, 61))).toEqual([
      '::group::✓ One & <two> (iptables), 2.0 s',
      '::endgroup::',
      '::group::✗ It #breaks: 100%25, really (nftables), 0.0 s',
      '::endgroup::',
      '::error file=scenarios/second.yaml,title=It #breaks%3A 100%25',
      '::error file=scenarios/second.yaml,title=It #breaks%3A 100%25',
    ]);
    expect(lines.at(-2)).toMatch(/^1 passed, 1 failed, 2 skipped in /);
  });

  it('lets no output be a command, wherever the runner would look for one', () => {
    const text = 'a\r::error::one\r\n\t\u0085 ::set-env name=A::two\nthree ##[error]four\n\u001b[31m::five';
    const events = playedRun().map((event) => (event.type === 'output' ? { ...event, text } : event));
    const [group = ''] = /::group::.*?::endgroup::/s.exec(written('github', events)) ?? [];
    const lines = group.split(/\r\n|\r|\n/).slice(1, -1);
    expect(lines.filter((line) => /^[\s\u0085]*::|##\[/.test(line))).toEqual([]);
    expect(group).toContain(': :five');
  });
});

it.each(REPORTER_NAMES)('%s says how much of a very long output it leaves out', (name) => {
  const long = `first${'x'.repeat(1_000_000)}last`;
  const events = playedRun().flatMap((event): ScenarioEvent[] => {
    if (event.type !== 'stepEnded') return [event];
    return [{ type: 'output', step: event.step, text: long }, event];
  });
  const text = written(name, events);
  expect(text.length).toBeLessThan(150_000);
  // TAP has no place for what a step printed.
  if (name !== 'tap') expect(text).toMatch(/first.*980009 characters left out.*xlast/s);
});

it.each(REPORTER_NAMES)('%s ends whole when the run is cut short anywhere', (name) => {
  const events = playedRun();
  for (let count = 0; count <= events.length; count += 1) {
    const text = written(name, events.slice(0, count));
    if (name === 'json') JSON.parse(text);
    if (name === 'junit') elements(text);
    if (name === 'html') markup(text);
    if (name === 'tap') expect(JSON.stringify(parseTap(text).verdict)).not.toContain('"tapError":"');
  }
});

describe('pretty', () => {
  it('counts scenarios by how they ended, and says why one failed, its cleanup too', () => {
    const lines = written('pretty').trimEnd().split('\n').slice(-3);
    expect(lines[0]).toMatch(/^1 passed, 1 failed, 2 skipped in /);
    expect(lines.slice(1)).toEqual([
      '  ✗ It #breaks: 100%, really: step 2 (exec)',
      '  ✗ It #breaks: 100%, really: cleanup: namespace second: it is still terminating',
    ]);
  });
});
