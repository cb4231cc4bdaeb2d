import { afterEach, describe, expect, it } from 'vitest';
import type { ScenarioEvent } from '../../../src/scenario/events.ts';
import { playExercise } from '../../../src/scenario/exercise/play-exercise.ts';
import { PrettyReporter } from '../../../src/scenario/reporters/pretty.ts';
import type { FakeLabOptions } from '../fake-lab.ts';
import { ailingLab, collect, EXERCISE, exercise } from './ailing-lab.ts';

let lab: ReturnType<typeof ailingLab>;
afterEach(() => lab.remove());

async function rehearse(text = EXERCISE, options: FakeLabOptions = {}): Promise<ScenarioEvent[]> {
  lab = ailingLab(options);
  const signal = new AbortController().signal;
  return await collect(playExercise(exercise(text), { lab, signal, proxyMode: 'iptables' }));
}

const steps = (events: readonly ScenarioEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'stepEnded' ? `${event.step.id} ${event.outcome}` : []));
const problems = (events: readonly ScenarioEvent[]): string[] =>
  events.flatMap((event) => {
    if (event.type === 'expectation' && !event.check.held) return `${event.check.expected}: ${event.check.observed}`;
    return event.type === 'stepEnded' ? (event.problem ?? []) : [];
  });

describe('an exercise without a learner', () => {
  it('sets the fault, sees that it is there, plays the solution, sees that it is gone, and cleans up', async () => {
    const events = await rehearse();
    expect(steps(events)).toEqual([
      ...['setup.1 held', 'setup.2 held', 'task.1 held', 'before.1 held', 'before.2 held'],
      ...['solution.1 held', 'after.1 held', 'after.2 held', 'explanation.1 held', 'c1 held'],
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'scenarioEnded', outcome: 'passed', steps: 10 });
    expect(lab.objects.size).toBe(0);
  });

  it('fails when what is to be repaired holds already, and does not go on to the solution', async () => {
    const events = await rehearse(EXERCISE, { exec: () => ({ stdout: 'works' }) });
    expect(problems(events)).toContain('this does not hold before the repair: it holds');
    expect(steps(events)).not.toContain('solution.1 held');
    expect(events.at(-1)).toMatchObject({ outcome: 'failed' });
  });

  it('fails when a claim does not hold only because nobody could look', async () => {
    const events = await rehearse(EXERCISE.replace('[try, it]', '[try, "{{ pods.nothing.ip }}"]'));
    expect(problems(events)[0]).toMatch(/^the claim cannot be judged: .*pods has no "nothing"/);
    expect(events.at(-1)).toMatchObject({ outcome: 'failed' });
  });

  it('fails when what should hold already does not', async () => {
    const events = await rehearse(EXERCISE.replace('[break, it]', '[remove, break]').replace('[look]', '[remove]'));
    expect(problems(events)).toEqual(['stdout is "there": gone']);
    expect(events.at(-1)).toMatchObject({ outcome: 'failed' });
  });

  it('fails when the solution does not turn the grade, or breaks what held', async () => {
    expect(problems(await rehearse(EXERCISE.replace('[repair, it]', '[pray]')))).toEqual(['stdout is "works": fails']);
    lab.remove();
    const events = await rehearse(EXERCISE.replace('[repair, it]', '[repair, remove]'));
    expect(problems(events)).toEqual(['stdout is "there": gone']);
    expect(steps(events).slice(-3)).toEqual(['after.1 held', 'after.2 failed', 'c1 held']);
  });

  it('is read as a report in either language', async () => {
    const reporter = new PrettyReporter({ colour: false, language: 'zh', columns: 80 });
    const text = (await rehearse()).flatMap((event) => reporter.lines(event)).join('\n');
    expect(text).toContain('修复 192.168.1.11。');
    expect(text).toContain('before.1  尚未成立：它能用。');
    expect(text).toContain('✓ not yet stdout is "works" (fails)');
    expect(text).toContain('after.1  它能用。');
    expect(text).toContain('它坏了。');
  });
});
