import { describe, expect, it } from 'vitest';
import { chainDifferences, savedChains } from '../../../../src/proxy/backends/iptables/chain-differences.ts';

function differences(groups: string[][], standing: string[], last?: string[]): string[] {
  const wanted = new Map([['nat C', last === undefined ? { groups } : { groups, last }]]);
  return [...chainDifferences(wanted, new Map([['nat C', standing]]))];
}

describe('savedChains', () => {
  it('reads the rules of every chain of every table, and passes over what is none', () => {
    const save = [
      '# Generated',
      '*nat',
      ':A - [0:0]',
      ':OUTPUT ACCEPT [5:7]',
      '-A A -s 10.0.0.1/32 -j B',
      '-A A',
      'COMMIT',
      '*filter',
      ':A - [0:0]',
      'COMMIT',
    ].join('\n');
    expect([...savedChains(save)]).toEqual([
      ['nat A', ['-s 10.0.0.1/32 -j B', '']],
      ['nat OUTPUT', []],
      ['filter A', []],
    ]);
  });
});

describe('chainDifferences', () => {
  it('finds none where groups are mixed, each in its order', () => {
    expect(differences([['-j A', '-j B'], ['-j C']], ['-j A', '-j C', '-j B'])).toEqual([]);
    expect(differences([['-j A', '-j B'], ['-j C']], ['-j C', '-j A', '-j B'])).toEqual([]);
    expect(differences([['-j A'], ['-j A']], ['-j A', '-j A'])).toEqual([]);
    expect(differences([['-j A'], ['-j B']], ['-j B', '-j A', '-j Z'], ['-j Z'])).toEqual([]);
  });

  it.each<[string, string[][], string[], string[] | undefined, string[]]>([
    ['a lost rule', [['-j A', '-j B']], ['-j A'], undefined, ['nat C lacks "-j B"']],
    ['one too many', [['-j A']], ['-j A', '-j A'], undefined, ['nat C has "-j A"']],
    ['another', [['-j A']], ['-j X'], undefined, ['nat C has "-j X"', 'nat C lacks "-j A"']],
    ['the wrong order', [['-j A', '-j B']], ['-j B', '-j A'], undefined, ['nat C has "-j B"', 'nat C lacks "-j B"']],
    [
      'another end',
      [['-j A']],
      ['-j Z', '-j A'],
      ['-j Z'],
      ['nat C has "-j Z"', 'nat C lacks "-j A"', 'nat C has "-j A"', 'nat C lacks "-j Z"'],
    ],
    ['nothing', [['-j A']], [], ['-j Z'], ['nat C lacks "-j A"', 'nat C lacks "-j Z"']],
  ])('tells of %s', (_, groups, standing, last, told) => {
    expect(differences(groups, standing, last)).toEqual(told);
  });

  it('tells of a chain that is gone', () => {
    const wanted = new Map([['nat C', { groups: [] }]]);
    expect([...chainDifferences(wanted, new Map())]).toEqual(['chain nat C is gone']);
  });
});
