/** The same table in IPVS, on User-mode Linux's kernel: the comparison with the host's backends goes across kernels. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectLab } from '../../../src/lab/open-lab.ts';
import { runCaptured } from '../../../src/lab/run-captured.ts';
import { whyNoUml } from '../../support/uml.ts';
import { ROOT } from '../journeys/shared-lab.ts';
import { expectNothingLeft, uniqueLabName } from '../lab/fixture.ts';
import type { Findings } from './in-uml.ts';
import { isSctp, playName } from './situation.ts';
import { PLAYS } from './situations/all.ts';

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
  let findings: Findings;

  beforeAll(async () => {
    const files = [
      '--file',
      join(ROOT, 'lab/dual-stack.yaml'),
      '--proxy-config',
      join(import.meta.dirname, 'kube-proxy.yaml'),
    ];
    podwire('up', '--kernel', 'uml', '--name', name, '--strict-proxy-mode', ...files);
    const lab = await connectLab(name);
    // The guest sees the host's files.
    const script = join(import.meta.dirname, 'in-uml.ts');
    const argv = [process.execPath, script, name] as const;
    const { exitCode, stdout, stderr } = await runCaptured(lab.kernel, argv, { timeoutMs: 560_000 });
    lab.close();
    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
    findings = JSON.parse(stdout) as Findings;
  }, 660_000);

  afterAll(() => {
    podwire('down', '--name', name);
    expectNothingLeft(name, []);
  });

  it('shows SCTP by real associations', () => {
    expect(findings.sctp).toBe('associations');
  });

  describe.each(['ipvs', 'iptables'] as const)('%s', (mode) => {
    const plays = mode === 'ipvs' ? PLAYS : PLAYS.filter(({ situation }) => isSctp(situation));

    it.each(plays.map(playName))('%s', (name) => {
      const { played, expected } = findings.modes[mode];
      expect(expected[name]).toBeDefined();
      expect(played[name]).toEqual(expected[name]);
    });
  });
});
