/**
 * The catalogue in mode ipvs, on User-mode Linux's kernel: where the host has no IPVS, `podwire run --proxy-mode all` plays it
 * there. The labs are those users have, of the built programs: from the sources everything starts slowly in there.
 */
import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { down } from '../../../src/lab/down.ts';
import { listLabs } from '../../../src/lab/state-directory.ts';
import type { AnyPlayable } from '../../../src/scenario/definition/exercise.ts';
import { BrokenClaims } from '../../scenario/mutants/broken-claims.ts';
import { whyNoUml } from '../../support/uml.ts';
import { expectNothingLeft, uniqueLabName } from '../lab/fixture.ts';
import { filesWhere, isSlow, play, wrongLines } from './play-catalogue.ts';

const PODWIRE = join(import.meta.dirname, '../../../lab/podwire');

/** Printed once. It takes minutes of a processor: CI has them. */
function whyNot(): string | undefined {
  if (process.env.CI === 'true') return whyNoUml();
  const why = 'the catalogue is played in User-mode Linux with CI=true';
  console.warn(`skipped: ${why}`);
  return why;
}

const inIpvs = (playable: AnyPlayable) =>
  playable.kind === 'Scenario' && playable.proxyModes.includes('ipvs') && !isSlow(playable);
const isShared = ({ lab }: AnyPlayable) => lab.own !== true && lab.file === undefined && lab.nodes === undefined;

describe.skipIf(whyNot() !== undefined)('the catalogue in ipvs, in User-mode Linux', () => {
  const name = uniqueLabName();

  beforeAll(() => {
    const argv = ['up', '--kernel', 'uml', '--name', name, '--proxy-mode', 'ipvs', '--strict-proxy-mode'];
    execFileSync(PODWIRE, argv, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 200_000 });
  }, 200_000);

  afterAll(async () => {
    for (const lab of listLabs().filter((lab) => lab.startsWith(name))) await down(lab);
    expectNothingLeft(name, []);
  });

  it('holds, every scenario that shares a lab', { timeout: 600_000 }, async () => {
    const claims = new BrokenClaims();
    const files = filesWhere((playable) => inIpvs(playable) && isShared(playable));
    const { exitCode, text } = await play(files, {
      ...{ name, kernel: 'uml', proxyModes: ['ipvs'], onHeld: claims.break },
    });
    expect({ exitCode, wrong: wrongLines(text) }).toEqual({ exitCode: 0, wrong: [] });
    expect(text.match(new RegExp(`lab ${name} was up, in User-mode Linux`, 'g'))).toHaveLength(1);
    for (const file of files) expect(text).toContain(`${file}, ipvs`);
    expect([claims.survivors, claims.untouched]).toEqual([[], []]);
  });

  it('holds, those with labs of their own', { timeout: 600_000 }, async () => {
    const files = filesWhere((playable) => inIpvs(playable) && !isShared(playable));
    const argv = ['run', ...files, '--proxy-mode', 'ipvs', '--name', `${name}-own`];
    const { stdout } = await promisify(execFile)(PODWIRE, argv, { maxBuffer: 2 ** 24 }).catch((error) => error);
    expect(wrongLines(stdout)).toEqual([]);
    for (const file of files) expect(stdout).toContain(`${file}, ipvs`);
    expect(stdout).toMatch(new RegExp(`\\n${files.length} passed in `));
    expect(stdout.match(/lab \S+ built in [\d.]+ s, in User-mode Linux/g)).toHaveLength(files.length);
  });
});
