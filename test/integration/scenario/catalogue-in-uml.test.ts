/**
 * The catalogue in mode ipvs, on User-mode Linux's kernel: where the host has no IPVS, `podwire run --proxy-mode all` plays it
 * there. Here those that share a lab; one that needs a second try has it for itself.
 */
import { execFileSync } from 'node:child_process';
import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { down } from '../../../src/lab/down.ts';
import { BrokenClaims } from '../../scenario/mutants/broken-claims.ts';
import { expectNothingLeft, uniqueLabName } from '../lab/fixture.ts';
import { ipvsFiles, PODWIRE, whyNot } from './ipvs-catalogue.ts';
import { play, wrongLines } from './play-catalogue.ts';

describe.skipIf(whyNot() !== undefined)('the catalogue in ipvs, in User-mode Linux', { timeout: 200_000 }, () => {
  const name = uniqueLabName();

  beforeAll(() => {
    const argv = ['up', '--kernel', 'uml', '--name', name, '--proxy-mode', 'ipvs', '--strict-proxy-mode'];
    execFileSync(PODWIRE, argv, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 200_000 });
  }, 200_000);

  afterAll(async () => {
    await down(name);
    expectNothingLeft(name, []);
  });

  it.each(ipvsFiles('shared').map((file) => [basename(file), file] as const))('%s', async (_, file) => {
    const claims = new BrokenClaims();
    const { exitCode, text } = await play([file], {
      ...{ name, kernel: 'uml', proxyModes: ['ipvs'], onHeld: claims.break },
    });
    expect({ exitCode, wrong: wrongLines(text) }).toEqual({ exitCode: 0, wrong: [] });
    expect(text).toContain(`lab ${name} was up, in User-mode Linux`);
    expect(text).toContain(`${file}, ipvs`);
    // Each claim broken in turn and judged again against what was observed: none may hold.
    expect(claims.mutants).toBeGreaterThan(0);
    expect([claims.survivors, claims.untouched]).toEqual([[], []]);
  });
});
