/** The same table in IPVS, on User-mode Linux's kernel: the comparison with the host's backends goes across kernels. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectLab } from '../../../src/lab/open-lab.ts';
import { runCaptured } from '../../../src/lab/run-captured.ts';
import { whyNoUml } from '../../support/uml.ts';
import { expectNothingLeft, uniqueLabName } from '../lab/fixture.ts';
import type { Comparison } from './in-uml.ts';
import { SITUATIONS } from './situations/all.ts';

const MODES = ['ipvs'] as const;

/** The lab as users have it, by the launcher and the built programs: from the sources everything starts slowly in there. */
function podwire(...argv: string[]): void {
  execFileSync(join(import.meta.dirname, '../../../lab/podwire'), argv, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 300_000,
  });
}

describe.skipIf(whyNoUml() !== undefined)('Services in User-mode Linux', () => {
  const name = uniqueLabName();
  let comparison: Comparison;

  beforeAll(async () => {
    podwire('up', '--kernel', 'uml', '--name', name, '--proxy-mode', 'ipvs', '--strict-proxy-mode');
    const lab = await connectLab(name);
    // The guest sees the host's files.
    const script = join(import.meta.dirname, 'in-uml.ts');
    const argv = [process.execPath, script, name, ...MODES] as const;
    const { exitCode, stdout, stderr } = await runCaptured(lab.kernel, argv, { timeoutMs: 400_000 });
    lab.close();
    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
    comparison = JSON.parse(stdout) as Comparison;
  }, 600_000);

  afterAll(() => {
    podwire('down', '--name', name);
    expectNothingLeft(name, []);
  });

  describe.each(MODES)('%s', (mode) => {
    it.each(SITUATIONS)('$title', ({ title }) => {
      const { played, expected } = comparison[mode]!;
      expect(played[title]).toEqual(expected[title]);
    });
  });
});
