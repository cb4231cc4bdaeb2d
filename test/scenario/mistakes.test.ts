import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../src/scenario/definition/load-scenario.ts';
import { MISTAKES } from './mistakes/mistakes.ts';

describe('a scenario is refused, with line, column and what to do', () => {
  it.each(MISTAKES)('%s', (_, text, problem) => {
    expect(parseScenario(text, 'test.yaml')).toEqual({
      problems: [`test.yaml:${problem.replace('nowhere.yaml', `${process.cwd()}/nowhere.yaml`)}`],
    });
  });
});
