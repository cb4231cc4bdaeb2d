import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { down } from '../../../src/lab/down.ts';
import { upLab } from '../../../src/lab/open-lab.ts';
import { listLabs } from '../../../src/lab/state-directory.ts';
import { NAMESPACES } from '../../../src/objects/resource.ts';
import type { RunOptions } from '../../../src/scenario/run-command.ts';
import { BrokenClaims } from '../../scenario/mutants/broken-claims.ts';
import { CATALOGUE, filesWhere, isSlow, play, wrongLines } from './play-catalogue.ts';

const FIRST = join(CATALOGUE, '03-pod-to-pod-vxlan.yaml');
const name = `t${process.pid}-scn`;

const MODES: NonNullable<RunOptions['proxyModes']> = process.env.CI === 'true' ? 'all' : ['iptables'];

/** Printed once. */
function whyNotSlow(): string | undefined {
  if (process.env.CI === 'true') return undefined;
  const why = 'scenarios labelled slow are played with CI=true';
  console.warn(`skipped: ${why}`);
  return why;
}

const left = (): string[] => [
  ...readdirSync('/run/netns').filter((netns) => netns.startsWith(name)),
  ...listLabs().filter((lab) => lab.startsWith(name)),
];

const run = (paths: readonly string[], options: Omit<Parameters<typeof play>[1], 'name'> = {}) =>
  play(paths, { name, ...options });

afterAll(async () => {
  for (const lab of listLabs().filter((lab) => lab.startsWith(name))) await down(lab);
});

describe('the catalogue', () => {
  // Every backend the host has takes several minutes of two processors: CI has them. (ipvs: catalogue-in-uml.test.ts.)
  it(`holds, every scenario in ${MODES}, and leaves nothing`, { timeout: 900_000 }, async () => {
    const claims = new BrokenClaims();
    const quick = filesWhere((playable) => !isSlow(playable));
    const { exitCode, text } = await run(quick, { proxyModes: MODES, jobs: 2, onHeld: claims.break });
    expect({ exitCode, wrong: wrongLines(text) }).toEqual({ exitCode: 0, wrong: [] });
    expect(text).toContain('14-nodeport.yaml, iptables');
    if (MODES === 'all') {
      expect(text).toContain('14-nodeport.yaml, nftables');
      // Where the kernel has no IPVS, it says so; where it has, the scenarios were played in ipvs too.
      expect(text).toMatch(/skipped in ipvs: this host cannot do it \(IPVS: |14-nodeport\.yaml, ipvs/);
    }
    expect(left()).toEqual([]);
    // Each claim broken in turn and judged again against what was observed: none may hold.
    console.log(`${claims.mutants} false claims of ${claims.steps} steps were judged`);
    expect(claims.survivors).toEqual([]);
    expect(claims.untouched).toEqual([]);
    expect(claims.mutants).toBeGreaterThan(2_000);
  });

  it.skipIf(whyNotSlow() !== undefined)('holds, what takes longer too', { timeout: 300_000 }, async () => {
    const claims = new BrokenClaims();
    const { exitCode, text } = await run(filesWhere(isSlow), { onHeld: claims.break });
    expect({ exitCode, wrong: wrongLines(text) }).toEqual({ exitCode: 0, wrong: [] });
    expect(text).toContain('27-rules-at-scale.yaml, iptables');
    expect([claims.survivors, claims.untouched]).toEqual([[], []]);
    expect(left()).toEqual([]);
  });

  it('leaves nothing when whoever reads it goes away', async () => {
    const main = join(CATALOGUE, '../src/cli/main.ts');
    const command = `'${process.execPath}' '${main}' run '${FIRST}' --name ${name} | head -n 2`;
    const { stdout, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8', timeout: 60_000 });
    expect(stdout).toContain('▶ From pod to pod');
    expect(stderr).toBe('');
    // The reader has gone first; the command ends a moment later.
    await expect.poll(left, { timeout: 30_000 }).toEqual([]);
  });

  it('borrows a lab that is up, and leaves it as it was', async () => {
    const lab = await upLab({ name });
    try {
      const before = await lab.transport.list(NAMESPACES);
      const { exitCode, text } = await run([FIRST]);
      expect(exitCode).toBe(0);
      expect(text).toContain(`lab ${name} was up`);
      const names = (items: typeof before.items): (string | undefined)[] => items.map(({ metadata }) => metadata?.name);
      expect(names((await lab.transport.list(NAMESPACES)).items)).toEqual(names(before.items));
      expect((await lab.snapshot()).nodes.every(({ ready }) => ready)).toBe(true);
    } finally {
      await lab.down();
    }
    expect(left()).toEqual([]);
  });
});
