import { describe, expect, it } from 'vitest';
import { formatLabelSelector, parseFieldSelector, parseLabelSelector } from '../../src/objects/selectors.ts';

const labels = { app: 'web', tier: 'front', 'example.com/size': '10', empty: '' };

describe('label selectors as text', () => {
  it.each([
    ['app=web', true],
    ['app==web', true],
    ['app=db', false],
    ['app!=db', true],
    ['absent!=x', true],
    ['app in (web, db),tier', true],
    ['app in (db)', false],
    ['app notin (db,cache)', true],
    ['absent notin (x)', true],
    ['!absent', true],
    ['!app', false],
    ['example.com/size>9', true],
    ['example.com/size<10', false],
    ['empty=', true],
    ['empty=,app=web', true],
    ['empty in (,x)', true],
    ['', true],
    [' app = web , tier = front ', true],
  ])('%s → %s', (text, expected) => {
    expect(parseLabelSelector(text)(labels)).toBe(expected);
  });

  it.each(['app in web', 'app in (web', 'a b', '=web', 'app=web,', 'app>x', 'a=b c', '-x=1', 'app=a b', '(', 'in'])(
    'refuses %s',
    (text) => {
      if (text === 'in') expect(parseLabelSelector(text)({ in: '' })).toBe(true);
      else expect(() => parseLabelSelector(text)).toThrow(/unable to parse requirement/);
    },
  );

  it('does not take inherited members for labels', () => {
    expect(parseLabelSelector('constructor')({})).toBe(false);
  });
});

describe('label selectors of objects', () => {
  it('have a form as text', () => {
    const matchExpressions = [{ key: 'tier', operator: 'NotIn', values: ['back'] }];
    expect(formatLabelSelector({ matchLabels: { app: 'web' }, matchExpressions })).toBe('app=web,tier notin (back)');
  });
});

describe('field selectors', () => {
  it('reads terms', () => {
    expect(parseFieldSelector('spec.nodeName=node-1,status.phase!=Failed,metadata.name==x')).toEqual([
      { field: 'spec.nodeName', equals: true, value: 'node-1' },
      { field: 'status.phase', equals: false, value: 'Failed' },
      { field: 'metadata.name', equals: true, value: 'x' },
    ]);
  });

  it('keeps escaped separators', () => {
    expect(parseFieldSelector('a=b\\,c\\=d')).toEqual([{ field: 'a', equals: true, value: 'b,c=d' }]);
  });

  it('refuses a term without an operator', () => {
    expect(() => parseFieldSelector('status.phase')).toThrow("can't understand 'status.phase'");
  });
});
