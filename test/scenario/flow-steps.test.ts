/** The steps that steer: script, proxyMode, ask, try, and what bounds a scenario in time. */
import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../src/scenario/definition/load-scenario.ts';
import type { Scenario } from '../../src/scenario/definition/scenario.ts';
import type { ScenarioEvent } from '../../src/scenario/events.ts';
import { playScenario } from '../../src/scenario/play-scenario.ts';
import { type FakeLab, fakeLab } from './fake-lab.ts';

function parse(steps: string, more = '') {
  const text = `apiVersion: podwire.dev/v1alpha1
kind: Scenario
metadata: {name: test, labels: {topic: service, level: basic}}
spec:
  title: A test
  timeout: 200ms
${more}  steps:
${steps}
`;
  return parseScenario(text, 'scenarios/test.yaml');
}

function scenario(steps: string, more = ''): Scenario {
  const parsed = parse(steps, more);
  if ('problems' in parsed) throw new Error(parsed.problems.join('\n'));
  if (parsed.kind !== 'Scenario') throw new Error(`a scenario, not an ${parsed.kind}`);
  return parsed;
}

function problems(steps: string): readonly string[] {
  const parsed = parse(steps);
  return 'problems' in parsed ? parsed.problems : [];
}

async function play(lab: FakeLab, played: Scenario, signal = new AbortController().signal): Promise<ScenarioEvent[]> {
  const events: ScenarioEvent[] = [];
  for await (const event of playScenario(played, { lab, signal, proxyMode: 'iptables' })) events.push(event);
  return events;
}

const ended = (events: readonly ScenarioEvent[]) =>
  events.flatMap((event) => (event.type === 'stepEnded' ? [`${event.step.id} ${event.outcome}`] : []));
const problemOf = (events: readonly ScenarioEvent[]) =>
  events.flatMap((event) => (event.type === 'stepEnded' ? (event.problem ?? []) : []));

describe('script', () => {
  it('is run once by a shell that knows the namespace, and can be named', async () => {
    const lab = fakeLab({
      runHere: (argv, env) => ({ stdout: `${argv[2]} ${env.NAMESPACE!.slice(0, 5)} ${env.WORD}` }),
    });
    const events = await play(
      lab,
      scenario(
        `    - {script: {content: "say", env: {WORD: hello}}, expect: {stdout: "say test- hello"}, as: said}
    - {exec: {in: node-1, command: [echo, "{{ said.stdout }}"]}}`,
      ),
    );
    expect(ended(events)).toEqual(['1 held', '2 held']);
    expect(lab.log).toContain('exec node-1 echo say test- hello');
  });

  it('is not run again when it fails', async () => {
    const lab = fakeLab({ runHere: () => ({ exitCode: 3 }) });
    expect(ended(await play(lab, scenario('    - {script: {content: "exit 3"}}')))).toEqual(['1 failed']);
    expect(lab.log.filter((line) => line.startsWith('here'))).toEqual(['here sh -c exit 3']);
  });
});

describe('proxyMode', () => {
  it('changes the backend, has the steps of that backend played, and puts the former back', async () => {
    const lab = fakeLab();
    const events = await play(
      lab,
      scenario(
        `    - {proxyModes: [nftables], exec: {in: node-1, command: [too-early]}}
    - {proxyMode: {mode: nftables}}
    - {proxyModes: [nftables], exec: {in: node-1, command: [nft]}}
    - {proxyModes: [iptables], exec: {in: node-1, command: [too-late]}}`,
      ),
    );
    expect(ended(events)).toEqual(['1 held', '2 held']);
    expect(lab.log.filter((line) => /^exec|^proxy/.test(line))).toEqual([
      'proxy-mode nftables',
      'exec node-1 nft',
      'proxy-mode iptables control-plane',
      'proxy-mode iptables node-1',
      'proxy-mode iptables node-2',
    ]);
  });

  it('is known after it, also where it is the last of a try', async () => {
    const lab = fakeLab();
    const steps = `    - try: [{exec: {in: node-1, command: [a]}}]
      finally: [{proxyMode: {mode: nftables}}]
    - {proxyModes: [nftables], exec: {in: node-1, command: [b]}}`;
    expect(ended(await play(lab, scenario(steps)))).toEqual(['1.1 held', '1.finally.1 held', '1 held', '2 held']);
  });

  it('of one node leaves the scenario in its backend', async () => {
    const lab = fakeLab();
    await play(
      lab,
      scenario(
        `    - {proxyMode: {mode: nftables, node: node-2}}
    - {proxyModes: [iptables], exec: {in: node-1, command: [still]}}`,
      ),
    );
    expect(lab.log).toContain('exec node-1 still');
    expect(lab.log.filter((line) => line.startsWith('proxy-mode'))).toEqual([
      'proxy-mode nftables node-2',
      'proxy-mode iptables node-2',
    ]);
  });
});

describe('proxyMode where the kernel cannot do it', () => {
  it('falls back when it may, and goes on in the mode it has then', async () => {
    const lab = fakeLab({ missing: ['ipvs'] });
    const events = await play(
      lab,
      scenario(
        `    - {proxyMode: {mode: ipvs, strict: false}, expect: {mode: iptables, obstacle: {contains: not supported}}}
    - {proxyModes: [iptables], exec: {in: node-1, command: [iptables-save]}}
    - {proxyModes: [ipvs], exec: {in: node-1, command: [ipvsadm]}}`,
      ),
    );
    expect(ended(events)).toEqual(['1 held', '2 held']);
    expect(lab.log).toContain('exec node-1 iptables-save');
  });

  it('can be expected to be refused', async () => {
    const refused = '    - {error: {proxyMode: {mode: ipvs}}, expect: {message: {contains: ipvs not supported}}}';
    expect(ended(await play(fakeLab({ missing: ['ipvs'] }), scenario(refused)))).toEqual(['1 held']);
    expect(ended(await play(fakeLab(), scenario(refused)))).toEqual(['1 failed']);
  });

  it('changes the scheduler of mode ipvs, and says so', async () => {
    const lab = fakeLab();
    const events = await play(lab, scenario('    - {proxyMode: {mode: ipvs, scheduler: lc}}'));
    expect(ended(events)).toEqual(['1 held']);
    expect(events.flatMap((event) => (event.type === 'command' ? [event.text] : []))).toEqual([
      'podwire proxy-mode ipvs --ipvs-scheduler lc --strict-proxy-mode',
    ]);
  });
});

describe('requires', () => {
  const steps = `    - {requires: {has: [nftables]}, exec: {in: node-1, command: [with]}}
    - {requires: {lacks: [nftables]}, narrate: "This kernel has no nftables."}`;

  it('has a step passed over where the kernel is another', async () => {
    const ran = async (missing: string[]): Promise<string[]> =>
      (await play(fakeLab({ missing }), scenario(steps))).flatMap((event) =>
        event.type === 'stepStarted' ? [event.step.verb] : [],
      );
    expect(await ran([])).toEqual(['exec']);
    expect(await ran(['nftables'])).toEqual(['narrate']);
  });

  it('names capabilities that there are', () => {
    expect(problems('    - {requires: {has: [nftable]}, narrate: Hello}')).toEqual([
      expect.stringMatching(/^scenarios\/test\.yaml:\d+:\d+: .*requires\.has\[0\].*nftables/),
    ]);
  });
});

describe('fault', () => {
  it('changes a link, and heals it at the end', async () => {
    const lab = fakeLab();
    const events = await play(
      lab,
      scenario('    - fault: {link: node-2, is: {mtu: 1400, rate: 10mbit}}\n    - fault: {link: client, is: cut}'),
    );
    expect(ended(events)).toEqual(['1 held', '2 held']);
    expect(lab.log.filter((line) => line.startsWith('link'))).toEqual([
      'link node-2 {"action":"set","fault":{"rate":10000000,"mtu":1400}}',
      'link client {"action":"cut"}',
      'link client {"action":"heal"}',
      'link node-2 {"action":"heal"}',
    ]);
    expect(events.flatMap((event) => (event.type === 'command' ? event.text : []))).toEqual([
      'podwire link node-2 set --rate 10mbit --mtu 1400',
      'podwire link client cut',
    ]);
  });

  it('stops a kube-proxy, which runs again at the end', async () => {
    const lab = fakeLab();
    const events = await play(lab, scenario('    - fault: {kubeProxy: node-1, is: stopped}'));
    expect(ended(events)).toEqual(['1 held']);
    expect(lab.log.filter((line) => line.startsWith('kube-proxy'))).toEqual([
      'kube-proxy stopped node-1',
      'kube-proxy running node-1',
    ]);
    expect(events.flatMap((event) => (event.type === 'command' ? event.text : []))).toEqual([
      'podwire kube-proxy stop --node node-1',
    ]);
  });

  it('is refused when it says nothing', () => {
    expect(problems('    - fault: {link: node-2, is: {}}')).toHaveLength(1);
  });
});

describe('ask', () => {
  const question =
    '    - ask: {question: {en: Which?, zh: 哪个？}, choices: [one, {en: two}], answer: 2, explain: So it is.}';

  it('tells the question, then the answer', async () => {
    const events = await play(fakeLab(), scenario(question));
    const told = events.filter(({ type }) => type === 'question' || type === 'answer');
    expect(told).toMatchObject([
      { type: 'question', question: { text: { en: 'Which?', zh: '哪个？' }, choices: [{ zh: 'one' }, { zh: 'two' }] } },
      { type: 'answer', question: { answer: 2, explain: { en: 'So it is.' } } },
    ]);
    expect(ended(events)).toEqual(['1 held']);
  });

  it('refuses an answer that is none of the choices', () => {
    expect(problems(question.replace('answer: 2', 'answer: 3'))).toEqual([
      expect.stringContaining('ask.answer: must be the number of one of the choices'),
    ]);
  });
});

describe('try', () => {
  const step = (
    first: string,
  ) => `    - try: [{exec: {in: node-1, command: [${first}]}, expect: {exitCode: 0}}, {exec: {in: node-1, command: [second]}}]
      catch: [{exec: {in: node-1, command: [caught]}}]
      finally: [{exec: {in: node-1, command: [last]}}]
    - {exec: {in: node-1, command: [after]}}`;
  const lab = () => fakeLab({ exec: (_, [command]) => ({ exitCode: command === 'bad' ? 1 : 0 }) });
  const ran = ({ log }: FakeLab) =>
    [...new Set(log.filter((line) => line.startsWith('exec')))].map((line) => line.slice(12));

  it('plays its steps and the last ones when all hold', async () => {
    const good = lab();
    const events = await play(good, scenario(step('good')));
    expect(ran(good)).toEqual(['good', 'second', 'last', 'after']);
    expect(ended(events)).toEqual(['1.1 held', '1.2 held', '1.finally.1 held', '1 held', '2 held']);
  });

  it('plays what catches and the last ones when one fails, and stays failed', async () => {
    const bad = lab();
    const events = await play(bad, scenario(step('bad')));
    expect(ran(bad)).toEqual(['bad', 'caught', 'last']);
    expect(ended(events)).toEqual(['1.1 failed', '1.catch.1 held', '1.finally.1 held', '1 failed']);
    expect(events.at(-1)).toMatchObject({ outcome: 'failed' });
  });

  it('plays the last ones when it is given up', async () => {
    const stop = new AbortController();
    const given = fakeLab({
      exec: (_, [command]) => {
        if (command === 'bad') stop.abort();
        return { exitCode: 1 };
      },
    });
    await play(given, scenario(step('bad')), stop.signal);
    expect(ran(given)).toEqual(['bad', 'last']);
  });

  it('has its steps checked, each mistake told once', () => {
    expect(problems('    - {try: [{exce: {}}], finally: [{exec: {in: "{{ a b }}", command: [x]}}]}')).toEqual([
      expect.stringMatching(/^scenarios\/test\.yaml:8:15: spec\.steps\[0\]\.try\[0\]\.exce: no step is called "exce"/),
      expect.stringMatching(/^scenarios\/test\.yaml:8:.*finally\[0\]/),
    ]);
  });
});

describe('time', () => {
  it('consistently: what holds must go on to', async () => {
    const answers = ['yes', 'yes', 'yes'];
    const lab = fakeLab({ exec: () => ({ stdout: answers.pop() ?? 'no' }) });
    const once = scenario('    - {exec: {in: node-1, command: [x]}, expect: {stdout: "yes"}, consistently: 10s}');
    const events = await play(lab, once);
    expect(ended(events)).toEqual(['1 failed']);
    expect(problemOf(events)).toEqual([expect.stringMatching(/^it held for \d+ ms, not for 10000 ms$/)]);
    const steady = fakeLab({ exec: () => ({ stdout: 'yes' }) });
    const short = scenario('    - {exec: {in: node-1, command: [x]}, expect: {stdout: "yes"}, consistently: 250ms}');
    expect(ended(await play(steady, short))).toEqual(['1 held']);
    expect(steady.log.filter((line) => line.startsWith('exec')).length).toBeGreaterThan(1);
  });

  it('consistently: also when the time to come to hold is up meanwhile', async () => {
    const lab = fakeLab({ exec: () => ({ stdout: 'yes' }) });
    const step =
      '    - {exec: {in: node-1, command: [x]}, expect: {stdout: "yes"}, timeout: 200ms, consistently: 400ms}';
    expect(ended(await play(lab, scenario(step)))).toEqual(['1 held']);
    const slow = fakeLab({ exec: () => ({ stdout: 'yes' }) });
    let looks = 0;
    const hanging = {
      ...slow,
      exec: () => {
        looks += 1;
        return looks === 1 ? Promise.resolve({ exitCode: 0, stdout: 'yes', stderr: '' }) : new Promise<never>(() => {});
      },
    };
    expect(ended(await play(hanging, scenario(step)))).toEqual(['1 failed']);
  });

  it('consistently: is given up when the run is, and has not held', async () => {
    const stop = new AbortController();
    const lab = fakeLab({
      exec: () => {
        setTimeout(() => stop.abort(), 20);
        return { stdout: 'yes' };
      },
    });
    const step = '    - {exec: {in: node-1, command: [x]}, expect: {stdout: "yes"}, consistently: 1m}';
    expect(ended(await play(lab, scenario(step), stop.signal))).toEqual(['1 interrupted']);
  });

  it('rules are waited for until shortly before the step is given up', async () => {
    const waits: (number | undefined)[] = [];
    const lab: FakeLab = { ...fakeLab(), programmed: async (timeoutMs) => void waits.push(timeoutMs) };
    await play(lab, scenario('    - {exec: {in: node-1, command: [x]}, timeout: 50s}'));
    expect(waits).toHaveLength(1);
    expect(waits[0]).toBeGreaterThan(10_000);
    expect(waits[0]).toBeLessThan(50_000);
  });

  it('a lab that does not answer costs a step its time, and no more', async () => {
    const lab = fakeLab();
    let asked = 0;
    const snapshot = lab.snapshot;
    const deaf = {
      ...lab,
      snapshot: () => {
        asked += 1;
        return asked === 1 ? new Promise<never>(() => {}) : snapshot();
      },
    };
    const events = await play(deaf, scenario('    - {exec: {in: node-1, command: [x]}}'));
    expect(problemOf(events)).toEqual(['it gave no result in its time']);
  });

  it('deadline: all steps together, but for those that clean up', async () => {
    const slow = '    - {exec: {in: node-1, command: [x]}, expect: {exitCode: 0}, consistently: 250ms}\n';
    const rest = `    - try: [{exec: {in: node-1, command: [late]}}]
      finally: [{exec: {in: node-1, command: [last]}}]`;
    const lab = fakeLab();
    const events = await play(lab, scenario(slow + rest, '  deadline: 200ms\n'));
    expect(ended(events)).toEqual(['1 held', '2.1 failed', '2.finally.1 held', '2 failed']);
    expect(problemOf(events)).toContain('the time of the whole scenario is up (spec.deadline)');
    expect(lab.log).not.toContain('exec node-1 late');
  });
});

it.each([
  ['(length()', /no JMESPath expression/],
  ['(length', /an expression ends with "\)"/],
])('refuses the expression %s, with its place', (key, message) => {
  const found = problems(`    - assert: {object: {kind: Pod, metadata: {name: a}, spec: {"${key}": 1}}}`);
  expect(found).toEqual([expect.stringMatching(message)]);
  expect(found[0]).toMatch(/^scenarios\/test\.yaml:8:\d+: /);
});
