import { describe, expect, it } from 'vitest';
import { needsLegacy, workingName } from '../../src/kernel/iptables-variant.ts';

const yes = () => Promise.resolve(true);
const no = () => Promise.resolve(false);

describe('workingName', () => {
  it.each([
    ['iptables', 'iptables-legacy'],
    ['iptables-restore', 'iptables-legacy-restore'],
    ['ip6tables-save', 'ip6tables-legacy-save'],
    ['nft', 'nft'],
    ['iptables-legacy', 'iptables-legacy'],
    ['iptables-nft-save', 'iptables-nft-save'],
    ['xtables-monitor', 'xtables-monitor'],
  ])('%s is %s on a kernel that knows only the legacy tables', async (tool, name) => {
    expect(await workingName(tool, yes)).toBe(name);
    expect(await workingName(tool, no)).toBe(tool);
  });

  it('tries nothing for a tool that has no variants', async () => {
    const fail = () => Promise.reject(new Error('tried'));
    expect(await workingName('ip', fail)).toBe('ip');
  });
});

describe('needsLegacy', () => {
  it.each([
    [['iptables-restore', 'iptables-legacy-restore'], false],
    [['iptables-restore'], false],
    [['iptables-legacy-restore'], true],
    [[], false],
  ])('where %j work: %s', async (works, expected) => {
    expect(await needsLegacy(async (tool) => (works as string[]).includes(tool))).toBe(expected);
  });
});
