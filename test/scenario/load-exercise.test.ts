import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../src/scenario/definition/load-scenario.ts';
import { EXERCISE, exercise } from './exercise/ailing-lab.ts';

/** What is wrong with the exercise when `from` stands as `to` in it. */
function problems(from: string | RegExp, to: string): readonly string[] {
  const text = EXERCISE.replace(from, to);
  expect(text).not.toBe(EXERCISE);
  const parsed = parseScenario(text, 'scenarios/test.yaml');
  return 'problems' in parsed ? parsed.problems : [];
}

describe('an exercise', () => {
  it('is read: what its claims claim, beside the steps that look', () => {
    expect(exercise()).toMatchObject({
      kind: 'Exercise',
      setup: [{ verb: 'kubectl' }, { verb: 'kubectl' }],
      hints: ['First', { zh: '第二' }, 'Third'],
      check: [
        { claim: { en: 'It works.' }, already: false, step: { verb: 'exec', step: { expect: { stdout: 'works' } } } },
        { claim: 'It is there.', already: true },
      ],
      solution: { steps: [{ verb: 'kubectl' }], explain: { en: 'It was broken.' } },
    });
    // The claim is no part of the step.
    expect(exercise().check[0]!.step.step).not.toHaveProperty('claim');
  });

  it.each([
    [
      'exec: {in: node-1, command: [try, it]}\n      expect: {stdout: works}',
      'apply: {file: x.yaml}',
      '15:7: spec.check[0].apply: a claim only looks: expected one of request, resolve, exec, get, assert, wait, trace',
    ],
    ['claim: It is there.', 'clam: It is there.', '17:7: spec.check[1].clam: unknown field; did you mean "claim"?'],
    [
      'claim: It is there.\n      already: true',
      'already: true',
      '17:7: spec.check[1].claim: must be a text, or one per language',
    ],
    ['      already: true', '      narrate: Look.', '18:7: spec.check[1].narrate: unknown field'],
    [
      'expect: {stdout: works}',
      'expect: {stout: works}',
      '16:16: spec.check[0].expect.stout: unknown field; did you mean "stdout"?',
    ],
    ['[try, it]', '[try, "{{ }}"]', 'spec.check[0]'],
    [/hints: .*/, 'hints: [One, Two]', '12:3: spec.hints: must have at least 3 items'],
    ['  hints:', '  files: [manifests/none.yaml]\n  hints:', '12:11: spec.files[0]: there is no file'],
    ['explain: {en: It was broken., zh: 它坏了。}', 'cleanup: []', 'spec.solution.cleanup: unknown field'],
    ['[repair, it]', '[]', 'spec.solution.steps[0].kubectl: must have at least 1 item'],
    ['Third]', '"{{ Third"]', '12:40: spec.hints[2]: a binding that begins with {{ must end with }}'],
    ['kind: Exercise', 'kind: Exercice', '2:1: kind: must be "Scenario" or "Exercise"'],
  ])('is refused with its place: %s → %s', (from, to, message) => {
    expect(problems(from, to).join('\n')).toContain(message);
  });

  it('needs a claim that a repair is needed for', () => {
    const all = problems('zh: 它能用。}', 'zh: 它能用。}\n      already: true');
    expect(all).toEqual([
      'scenarios/test.yaml:13:3: spec.check: one claim at least must not hold before the repair (no `already`)',
    ]);
  });
});
