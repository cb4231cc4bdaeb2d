import { describe, expect, it } from 'vitest';
import { matchesExpression, matchesPairs, matchesSelector } from '../../src/objects/label-selector.ts';

const labels = { app: 'web', tier: 'front', size: '5' };

describe('label selectors', () => {
  it.each([
    ['In', ['web', 'db'], true],
    ['In', ['db'], false],
    ['NotIn', ['db'], true],
    ['NotIn', ['web'], false],
    ['Exists', [], true],
    ['DoesNotExist', [], false],
    ['Like', ['web'], false],
  ])('app %s %j: %s', (operator, values, matches) => {
    expect(matchesExpression('app', operator, values, labels)).toBe(matches);
  });

  it.each([
    ['In', ['x'], false],
    ['NotIn', ['x'], true],
    ['Exists', [], false],
    ['DoesNotExist', [], true],
    ['Gt', ['1'], false],
  ])('an absent label %s %j: %s', (operator, values, matches) => {
    expect(matchesExpression('absent', operator, values, labels)).toBe(matches);
  });

  it.each([
    ['Gt', '4', true],
    ['Gt', '5', false],
    ['Lt', '6', true],
    ['Lt', '5', false],
  ])('compares by number: 5 %s %s: %s', (operator, value, matches) => {
    expect(matchesExpression('size', operator, [value], labels)).toBe(matches);
  });

  it('wants every pair and every expression', () => {
    expect(matchesPairs({ app: 'web', tier: 'front' }, labels)).toBe(true);
    expect(matchesPairs({ app: 'web', tier: 'back' }, labels)).toBe(false);
    const matchExpressions = [{ key: 'tier', operator: 'In', values: ['front'] }];
    expect(matchesSelector({ matchLabels: { app: 'web' }, matchExpressions }, labels)).toBe(true);
    expect(matchesSelector({ matchLabels: { app: 'db' }, matchExpressions }, labels)).toBe(false);
  });

  it('an empty selector selects everything, an absent one nothing', () => {
    expect(matchesSelector({}, undefined)).toBe(true);
    expect(matchesSelector(undefined, labels)).toBe(false);
  });
});
