/** The test of the test: what breaks every claim of the catalogue (test/integration/scenario) finds weak ones. */
import { describe, expect, it } from 'vitest';
import type { Scenario } from '../../src/scenario/definition/scenario.ts';
import type { HeldStep } from '../../src/scenario/play-steps.ts';
import { BrokenClaims } from './mutants/broken-claims.ts';
import { otherPatterns } from './mutants/patterns.ts';

const scenario = { name: 'test' } as Scenario;

function broken(verb: HeldStep['verb'], step: unknown, observed: unknown): BrokenClaims {
  const claims = new BrokenClaims();
  claims.break({ scenario, id: '1', verb, step: step as HeldStep['step'], observed });
  return claims;
}

const exec = (expected: unknown, stdout: string): BrokenClaims =>
  broken('exec', { exec: { in: 'node-1', command: ['x'] }, expect: expected }, { exitCode: 0, stdout, stderr: '' });

describe('a false claim', () => {
  it.each([
    [{ stdout: 'a b' }],
    [{ stdout: { contains: ['a', 'b'], lacks: 'c', lines: 1 }, exitCode: 0 }],
    [{ stdout: { matches: '^a (b|c)$' } }],
    [undefined],
  ])('of a text is found out: %j', (claim) => {
    const { mutants, survivors, untouched } = exec(claim, 'a b\n');
    expect({ survivors, untouched }).toEqual({ survivors: [], untouched: [] });
    expect(mutants).toBeGreaterThan(1);
  });

  it('holds where the claim is weak, and is named', () => {
    expect(exec({ stdout: { lacks: 'c' } }, '').survivors).toEqual([
      'test 1 exec: expect.stdout.lacks → {"lacks":["nowhere-seen"]}',
    ]);
    expect(exec({ stdout: { matches: 'a?' } }, 'b').survivors).toEqual([]);
  });

  it('of an object is found out, its name and kind included', () => {
    const pod = { kind: 'Pod', metadata: { name: 'web', namespace: 'x' }, spec: { ports: [80, 81] } };
    const { mutants, survivors } = broken('assert', { assert: { object: pod } }, [pod]);
    expect(survivors).toEqual([]);
    expect(mutants).toBeGreaterThan(12);
  });

  it('is made of what was recorded, which must hold itself', () => {
    expect(exec({ stdout: 'a' }, 'b').survivors[0]).toBe('test 1 exec: does not hold when it is judged again');
  });

  it('is missed where a part of the claim is unknown', () => {
    const step = { resolve: { from: 'a', name: 'b' }, expect: { nonsense: 1 } };
    expect(broken('resolve', step, { status: 'NOERROR', records: [] }).untouched).toEqual([
      'test 1 resolve: expect.nonsense',
    ]);
  });
});

describe('otherPatterns', () => {
  it.each([
    ['^-A KUBE', ['^-Anowhere-seen KUBE', '^-A KUBEnowhere-seen']],
    ['(?:x|y) z+', ['(?:(?:x|y) z+)(?!)']],
    [
      String.raw`(via \S+ )?dev eth0`,
      [String.raw`(via \S+ )?devnowhere-seen eth0`, String.raw`(via \S+ )?dev eth0nowhere-seen`],
    ],
    ['one|two', ['(?:one|two)(?!)']],
    ['[abc]{2}', ['(?:[abc]{2})(?!)']],
  ])('%s', (pattern, others) => {
    expect(otherPatterns(pattern)).toEqual(others);
    for (const other of others) expect('-A KUBE x z dev eth0 one ab').not.toMatch(new RegExp(other, 'm'));
  });
});
