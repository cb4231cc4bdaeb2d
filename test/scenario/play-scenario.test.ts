import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../src/scenario/definition/load-scenario.ts';
import type { Scenario } from '../../src/scenario/definition/scenario.ts';
import type { ScenarioEvent } from '../../src/scenario/events.ts';
import type { LabRequirement } from '../../src/scenario/lab-lease.ts';
import { chooseModes, playAll } from '../../src/scenario/play-all.ts';
import { playScenario } from '../../src/scenario/play-scenario.ts';
import type { HeldStep } from '../../src/scenario/play-steps.ts';
import { PrettyReporter } from '../../src/scenario/reporters/pretty.ts';
import { judgeOf } from '../../src/scenario/steps/performers.ts';
import { type FakeLab, fakeLab } from './fake-lab.ts';

function scenario(steps: string, more = ''): Scenario {
  const text = `apiVersion: podwire.dev/v1alpha1
kind: Scenario
metadata: {name: test, labels: {topic: service, level: basic}}
spec:
  title: {en: A test, zh: 测试}
  timeout: 200ms
${more}
  steps:
${steps}
`;
  const parsed = parseScenario(text, 'scenarios/test.yaml');
  if ('problems' in parsed) throw new Error(parsed.problems.join('\n'));
  if (parsed.kind !== 'Scenario') throw new Error(`a scenario, not an ${parsed.kind}`);
  return parsed;
}

async function play(lab: FakeLab, played: Scenario, signal = new AbortController().signal): Promise<ScenarioEvent[]> {
  return await collect(playScenario(played, { lab, signal, proxyMode: 'iptables' }));
}

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

const types = (events: readonly ScenarioEvent[]): string[] => events.map(({ type }) => type);
const ended = (events: readonly ScenarioEvent[]) =>
  events.flatMap((event) => (event.type === 'stepEnded' ? [[event.step.id, event.outcome, event.problem]] : []));

describe('playScenario', () => {
  it('tells each step: what it is, what runs, what came, what held', async () => {
    const lab = fakeLab({ exec: () => ({ stdout: '1450\n' }) });
    const events = await play(
      lab,
      scenario(
        '    - {narrate: "MTU of {{ node-1.ip }}", exec: {in: node-1, command: [cat, mtu]}, expect: {stdout: 1450}}',
      ),
    );
    expect(types(events)).toEqual([
      'namespaceReady',
      'stepStarted',
      'command',
      'output',
      'expectation',
      'expectation',
      'stepEnded',
      'stepsEnded',
      'scenarioEnded',
    ]);
    expect(events[1]).toMatchObject({ step: { id: '1', verb: 'exec', narration: { en: 'MTU of 192.168.1.11' } } });
    expect(events[2]).toMatchObject({ where: 'node-1', text: 'cat mtu' });
    expect(events.at(-1)).toMatchObject({ outcome: 'passed', steps: 1, checks: 2 });
  });

  it('shows the lab as the steps left it also where all is kept for inspection', async () => {
    const lab = fakeLab({ exec: () => ({ exitCode: 1 }) });
    const failing = scenario('    - {exec: {in: node-1, command: [a]}}');
    const { signal } = new AbortController();
    const played = playScenario(failing, { lab, signal, proxyMode: 'iptables', keepOnFailure: true });
    const events = await collect(played);
    expect(events.find(({ type }) => type === 'stepsEnded')).toMatchObject({
      lab: { snapshot: { name: 'fake' }, faults: [] },
    });
    expect(lab.log.filter((line) => line.startsWith('delete'))).toEqual([]);
  });

  it('tries again until a step holds', async () => {
    let tries = 0;
    const lab = fakeLab({
      exec: () => {
        tries += 1;
        return { stdout: String(tries) };
      },
    });
    const events = await play(
      lab,
      scenario('    - {exec: {in: node-1, command: [n]}, expect: {stdout: 3}, timeout: 20s}'),
    );
    expect(tries).toBe(3);
    expect(events.filter(({ type }) => type === 'command')).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ outcome: 'passed' });
  });

  it('stops at the first step that does not hold, with evidence, and cleans up', async () => {
    const lab = fakeLab({
      exec: () => ({ stdout: 'no' }),
      kubectl: (argv) => ({ stdout: argv.includes('events') ? 'LAST SEEN\n1s  Warning' : '' }),
    });
    const events = await play(
      lab,
      scenario(
        '    - {exec: {in: node-1, command: [a]}, expect: {stdout: yes}}\n    - {exec: {in: node-1, command: [b]}}',
        '  cleanup: [{exec: {in: node-2, command: [tidy]}}]',
      ),
    );
    expect(ended(events)).toEqual([
      ['1', 'failed', undefined],
      ['c1', 'held', undefined],
    ]);
    const failed = events.find((event) => event.type === 'stepEnded')!;
    expect(failed).toMatchObject({
      evidence: expect.arrayContaining([{ title: 'events', text: 'LAST SEEN\n1s  Warning' }]),
    });
    expect(lab.log).toContain('exec node-2 tidy');
    expect(lab.log.filter((line) => line.startsWith('delete namespaces test-'))).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ outcome: 'failed' });
  });

  it('tells what held, and with what: judged again from what was written down, it holds again', async () => {
    const held: HeldStep[] = [];
    const lab = fakeLab({ exec: (_, [word]) => ({ stdout: `${word}\n` }) });
    const steps = `    - {exec: {in: node-1, command: [a]}, as: {first: stdout}}
    - {exec: {in: node-2, command: [b]}, expect: {stdout: {lacks: "{{ first }}"}}}
    - {exec: {in: node-2, command: [c]}, expect: {stdout: d}}`;
    const onHeld = (step: HeldStep): void => void held.push(JSON.parse(JSON.stringify(step)));
    const signal = new AbortController().signal;
    await collect(playScenario(scenario(steps), { lab, signal, proxyMode: 'iptables', onHeld }));
    expect(held.map(({ id, verb }) => `${id} ${verb}`)).toEqual(['1 exec', '2 exec']);
    expect(held[1]).toMatchObject({ step: { expect: { stdout: { lacks: 'a\n' } } }, observed: { stdout: 'b\n' } });
    for (const { verb, step, observed } of held)
      expect(
        judgeOf(verb)
          .judge(step, observed)
          .checks.every((check) => check.held),
      ).toBe(true);
  });

  it('changes things once, never again', async () => {
    const lab = fakeLab({ kubectl: () => ({ exitCode: 1, stderr: 'Error from server' }) });
    const events = await play(lab, scenario('    - {scale: {resource: deployment/web, replicas: 2}}'));
    expect(lab.log.filter((line) => line.includes(' scale '))).toHaveLength(1);
    expect(ended(events)[0]).toEqual(['1', 'failed', undefined]);
  });

  it('binds results and parts of them for later steps', async () => {
    const lab = fakeLab({ exec: (_, argv) => ({ stdout: argv[0] === 'ask' ? '[{"mac": "02:aa"}]' : argv.join(' ') }) });
    await play(
      lab,
      scenario(
        `    - {exec: {in: node-1, command: [ask]}, as: {mac: "json[0].mac"}}
    - {exec: {in: node-1, command: [echo, "{{ mac }}"]}, expect: {stdout: "echo 02:aa"}}`,
      ),
    );
    expect(lab.log).toContain('exec node-1 echo 02:aa');
  });

  it('says which value is missing', async () => {
    const events = await play(fakeLab(), scenario('    - {exec: {in: node-1, command: ["{{ pods.web.ip }}"]}}'));
    expect(ended(events)[0]?.[2]).toContain('pods has no "web"');
  });

  it('puts objects in the namespace of the scenario unless they name one, and deletes those', async () => {
    const lab = fakeLab();
    const objects = `[{apiVersion: v1, kind: Pod, metadata: {name: a}}, {apiVersion: v1, kind: Pod, metadata: {name: b, namespace: dev}}]`;
    await play(lab, scenario(`    - apply: {objects: ${objects}}`));
    const calls = lab.log.filter((line) => line.startsWith('kubectl'));
    expect(calls[0]).toMatch(/^kubectl --namespace test-\w{4} apply -f -$/);
    expect(calls[1]).toBe('kubectl apply -f -');
    expect(calls[2]).toMatch(/^kubectl delete Pod\/b --namespace dev --ignore-not-found/);
  });

  it('expects refusals', async () => {
    const refusing = fakeLab({ kubectl: () => ({ exitCode: 1, stderr: 'provided port is already allocated' }) });
    const step = '    - {error: {kubectl: [create, x]}, expect: {message: {contains: already allocated}}}';
    expect((await play(refusing, scenario(step))).at(-1)).toMatchObject({ outcome: 'passed' });
    expect((await play(fakeLab(), scenario(step))).at(-1)).toMatchObject({ outcome: 'failed' });
  });

  it('gives up the running step when interrupted, and still cleans up', async () => {
    const abort = new AbortController();
    const lab = fakeLab({
      exec: () => {
        abort.abort();
        return { stdout: 'no' };
      },
    });
    const steps =
      '    - {exec: {in: node-1, command: [a]}, expect: {stdout: yes}, timeout: 1m}\n    - {exec: {in: node-1, command: [b]}}';
    const events = await play(lab, scenario(steps), abort.signal);
    expect(ended(events)).toEqual([['1', 'interrupted', undefined]]);
    expect(events.at(-1)).toMatchObject({ outcome: 'interrupted' });
    expect(lab.log.some((line) => line.startsWith('delete namespaces'))).toBe(true);
  });
});

describe('a load', () => {
  /** curl's answers, as `sendRequests` reads them; the n-th request of all fails with exit code `exitcode`. */
  function curl(stdin: string, exitcode: (n: number) => number): string {
    const mark = /write-out = "(--\w+--)/.exec(stdin)![1]!;
    return stdin
      .split('\nnext\n')
      .map((_, n) => {
        const code = exitcode(n);
        const meta = {
          curl: { http_code: code === 0 ? 200 : 0, exitcode: code, errormsg: null, time_total: 0 },
          headers: {},
        };
        return `ok${mark}${JSON.stringify(meta)}${mark}`;
      })
      .join('');
  }
  const steps =
    '    - {load: {from: client, url: "http://x/", while: [{scale: {resource: deployment/web, replicas: 4}}]}}';

  it('holds when no request was lost during the steps within', async () => {
    const lab = fakeLab({ exec: (_, __, stdin) => ({ stdout: curl(stdin!, () => 0) }) });
    const events = await play(lab, scenario(steps));
    expect(ended(events)).toEqual([
      ['1.1', 'held', undefined],
      ['1', 'held', undefined],
    ]);
  });

  it('fails when one was', async () => {
    const lab = fakeLab({ exec: (_, __, stdin) => ({ stdout: curl(stdin!, (n) => (n === 3 ? 28 : 0)) }) });
    const events = await play(lab, scenario(steps));
    const check = events.flatMap((event) =>
      event.type === 'expectation' && event.step.id === '1' ? [event.check] : [],
    )[0];
    expect(check).toMatchObject({ held: false, expected: 'requests lost: 0' });
    expect(check?.observed).toMatch(/^\d+ of \d+ requests; the first: timeout/);
  });
});

describe('a step for some backends', () => {
  const both = scenario(
    '    - {narrate: For all}\n    - {narrate: For others, proxyModes: [nftables]}\n    - {exec: {in: node-1, command: [a]}, proxyModes: [iptables, ipvs]}',
  );

  it('is passed over in others, and does not count', async () => {
    const events = await play(fakeLab(), both);
    expect(ended(events)).toEqual([
      ['1', 'held', undefined],
      ['2', 'held', undefined],
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'scenarioEnded', outcome: 'passed', steps: 2 });
  });
});

describe('playAll', () => {
  const options = (opened: LabRequirement[], lab: FakeLab, borrowed: boolean) => ({
    proxyModes: ['iptables'] as const,
    keepOnFailure: false,
    signal: new AbortController().signal,
    openLab: async (requirement: LabRequirement, { progress }: { progress(part: string): void }) => {
      opened.push(requirement);
      progress('fabric');
      return { lab, borrowed, release: async () => void lab.log.push('release') };
    },
  });
  const one = scenario('    - narrate: Hello');
  const larger = scenario('    - narrate: Hello', '  lab: {nodes: 5}');

  it('shares a lab among scenarios of one shape and releases it once', async () => {
    const opened: LabRequirement[] = [];
    const lab = fakeLab();
    const events = await collect(playAll([one, larger, one], options(opened, lab, false)));
    expect(opened).toEqual([{ proxyMode: 'iptables' }, { nodes: 5, proxyMode: 'iptables' }]);
    expect(lab.log.filter((line) => line === 'release')).toHaveLength(2);
    // The last scenario of a lab leaves its namespace to the removal of the lab.
    expect(lab.log.filter((line) => line.startsWith('delete namespaces'))).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'labPart')).toHaveLength(2);
  });

  it('builds a lab for a scenario that wants its own, and for each lab file', async () => {
    const opened: LabRequirement[] = [];
    const own = scenario('    - narrate: Hello', '  lab: {own: true}');
    const filed = { ...one, lab: { file: '/lab.yaml' } };
    await collect(playAll([one, own, own, filed, filed, one], { ...options(opened, fakeLab(), false), jobs: 2 }));
    expect(opened.map(({ own: alone = false, file }) => [alone, file])).toEqual([
      [false, undefined],
      [true, undefined],
      [true, undefined],
      [false, '/lab.yaml'],
    ]);
  });

  it('leaves nothing in a borrowed lab', async () => {
    const lab = fakeLab();
    await collect(playAll([one], options([], lab, true)));
    expect(lab.objects.size).toBe(0);
  });

  it('passes over scenarios about another kernel, and tells of the lab when it is played in', async () => {
    const lab = fakeLab({ missing: ['ipvs'] });
    const about = (requires: string) => scenario('    - narrate: Hello', `  requires: {${requires}}`);
    const events = await collect(
      playAll([about('has: [ipvs]'), about('lacks: [ipvs]'), about('lacks: [veth]')], options([], lab, false)),
    );
    expect(types(events.filter(({ type }) => /^(scenario|lab)/.test(type)))).toEqual([
      'scenarioSkipped',
      'scenarioStarted',
      'labPart',
      'labReady',
      'scenarioEnded',
      'scenarioSkipped',
    ]);
    expect(events.flatMap((event) => (event.type === 'scenarioSkipped' ? [event.reason] : []))).toEqual([
      'this host cannot do it (no ipvs)',
      'it is about a kernel without veth, and this host has it',
    ]);
  });

  it('passes over scenarios whose lab this host cannot have', async () => {
    const opened: LabRequirement[] = [];
    const filed = { ...one, lab: { file: '/dual.yaml' } };
    const labObstacles = new Map([['/dual.yaml', 'no IPv6']]);
    const events = await collect(playAll([filed, one], { ...options(opened, fakeLab(), false), labObstacles }));
    expect(events[0]).toMatchObject({ type: 'scenarioSkipped', scenario: filed, reason: 'no IPv6' });
    expect(opened.map(({ file }) => file)).toEqual([undefined]);
  });

  it('says what it passes over and why', async () => {
    const obstacles = new Map([['ipvs', 'no such kernel']] as const);
    const all = { ...options([], fakeLab(), false), proxyModes: 'all', obstacles } as const;
    const skipped = (await collect(playAll([one], all)))[0];
    expect(skipped).toMatchObject({ type: 'scenarioSkipped', proxyModes: ['ipvs'], reason: 'no such kernel' });
    expect(chooseModes({ proxyModes: ['ipvs', 'iptables'] }, 'all', obstacles)).toMatchObject({
      play: ['iptables'],
      skip: [{ proxyModes: ['ipvs'], reason: 'no such kernel' }, { proxyModes: [] }],
    });
    // Who asks for it by name is told by the lab that cannot be built.
    expect(chooseModes({ proxyModes: ['ipvs'] }, ['ipvs'], obstacles).play).toEqual(['ipvs']);
    expect(chooseModes({ proxyModes: ['ipvs'] }, ['iptables'])).toMatchObject({
      play: [],
      skip: [{ proxyModes: ['iptables'], reason: 'the scenario is not about this backend' }],
    });
  });
});

describe('PrettyReporter', () => {
  it('prints expected beside observed, in the language asked for', async () => {
    const lab = fakeLab({ exec: () => ({ stdout: 'no' }) });
    const events = await play(
      lab,
      scenario('    - {narrate: {en: Look, zh: 请看}, exec: {in: node-1, command: [a]}, expect: {stdout: "yes"}}'),
    );
    const reporter = new PrettyReporter({ colour: false, language: 'zh', columns: 80 });
    const text = events.flatMap((event) => reporter.lines(event)).join('\n');
    expect(text).toContain('  1  请看');
    expect(text).toContain('    node-1 $ a\n      no\n    ✗ expected: stdout is "yes"\n      observed: no');
    expect(reporter.summary().join('\n')).toMatch(/0 passed, 1 failed|step 1 \(exec\)/);
    expect(text).not.toContain('\u001b');
  });
});
