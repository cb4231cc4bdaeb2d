import { describe, expect, it } from 'vitest';
import { checkNumber, checkText, differences, leaves } from '../../src/scenario/match.ts';
import { readDig } from '../../src/scenario/steps/resolve-step.ts';
import { shellWord } from '../../src/scenario/steps/shell-word.ts';
import { clip, foldLine, textWidth, wrapText } from '../../src/scenario/wrap-text.ts';

const held = (checks: readonly { held: boolean }[]): boolean[] => checks.map((check) => check.held);

describe('checkText', () => {
  it('gives one check per claim', () => {
    const matcher = { contains: ['a', 'z'], lacks: 'b', matches: '^c$', lines: 2 };
    expect(held(checkText('stdout', matcher, 'a b\nc\n'))).toEqual([true, false, false, true, true]);
  });

  it('takes a bare text for the whole, spaces around it aside', () => {
    expect(checkText('body', 'ok', ' ok\n')[0]).toMatchObject({ held: true, expected: 'body is "ok"' });
    expect(checkText('body', 3, '3')[0]?.held).toBe(true);
    expect(checkText('body', 'ok', '')[0]).toMatchObject({ held: false, observed: 'nothing' });
  });
});

describe('checkNumber', () => {
  it('knows numbers and bounds', () => {
    expect(held([...checkNumber('n', 3, 3), ...checkNumber('n', { min: 2, max: 4 }, 5)])).toEqual([true, false]);
    expect(checkNumber('n', undefined, 5)).toEqual([]);
  });
});

describe('differences', () => {
  it('lets mappings hold more, but not lists', () => {
    expect(differences({ a: { b: 1 } }, { a: { b: 1, c: 2 }, d: 3 })).toEqual([]);
    expect(differences({ a: [1] }, { a: [1, 2] })).toHaveLength(1);
    expect(differences({ a: [{ b: 1 }] }, { a: [{ b: 2, c: 3 }] })).toEqual([
      { path: 'a[0].b', expected: 1, observed: 2 },
    ]);
    expect(differences({ a: { b: 1 } }, {})).toEqual([{ path: 'a', expected: { b: 1 }, observed: undefined }]);
  });

  it('tells numbers from their text', () => {
    expect(differences({ port: 80 }, { port: '80' })).toHaveLength(1);
  });

  it('names leaves by their paths', () => {
    expect(leaves({ a: { b: [1, { c: 'x' }] }, d: {} })).toEqual(['a.b[0]: 1', 'a.b[1].c: x', 'd: {}']);
  });
});

describe('readDig', () => {
  it('reads status and answers', () => {
    const text =
      ';; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n\n;; ANSWER SECTION:\nweb.default.svc.cluster.local. 5 IN A 10.96.0.7\n\n;; Query time: 1 msec\n';
    expect(readDig(text)).toEqual({
      status: 'NOERROR',
      records: [{ name: 'web.default.svc.cluster.local.', type: 'A', data: '10.96.0.7' }],
    });
    expect(readDig(';; connection timed out')).toEqual({ status: 'no answer', records: [] });
  });
});

describe('text on a terminal', () => {
  it('wraps words, and Chinese between any two characters but not before punctuation', () => {
    expect(wrapText('one two three', 8)).toEqual(['one two', 'three']);
    expect(wrapText('数据包先交给网关，然后', 8)).toEqual(['数据包先', '交给网关，', '然后']);
    expect(textWidth('a包')).toBe(3);
  });

  it('clips and folds by columns', () => {
    expect(clip('数据包', 5)).toBe('数据…');
    expect(clip('数据包', 6)).toBe('数据包');
    expect(foldLine('abcdef', 4)).toEqual(['abcd', 'ef']);
  });

  it('quotes what a shell would read', () => {
    expect(['a-b', 'a b', "it's", '{.x}'].map(shellWord)).toEqual(['a-b', "'a b'", "'it'\\''s'", '{.x}']);
  });
});

describe('expressions in the keys of a tree', () => {
  const POD = {
    metadata: { name: 'web' },
    spec: {
      replicas: 3,
      containers: [
        { name: 'a', ports: [80, 443] },
        { name: 'b', ports: [80] },
      ],
    },
  };
  const paths = (tree: unknown): string[] => differences(tree, POD).map(({ path }) => path);

  it.each([
    [{ spec: { '(replicas > `2`)': true } }, []],
    [{ spec: { '(replicas > `3`)': true } }, ['spec.(replicas > `3`)']],
    [{ spec: { '(containers[?name == `"b"`])': [{ name: 'b' }] } }, []],
    [{ spec: { containers: { '(length(@))': 2 } } }, []],
    [{ metadata: { name: { "(starts_with(@, 'w'))": true } } }, []],
    [{ spec: { '~.containers': { '(contains(ports, `80`))': true } } }, []],
    [
      { spec: { '~.containers': { '(contains(ports, `443`))': true } } },
      ['spec.~.containers[1].(contains(ports, `443`))'],
    ],
    [{ spec: { '~.(containers[].name)': { '(length(@))': 1 } } }, []],
    [{ spec: { '~.volumes': { name: 'x' } } }, ['spec.~.volumes']],
    [{ spec: { replicas: { name: 'x' } } }, ['spec.replicas']],
    [{ spec: { '(length(replicas))': 1 } }, ['spec.(length(replicas))']],
  ])('%j', (tree, wrong) => {
    expect(paths(tree)).toEqual(wrong);
  });
});
