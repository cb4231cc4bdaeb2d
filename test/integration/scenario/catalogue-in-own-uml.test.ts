/** Of the catalogue in mode ipvs the scenarios that want a lab of their own: each has a User-mode Linux to itself. */
import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { down } from '../../../src/lab/down.ts';
import { listLabs } from '../../../src/lab/state-directory.ts';
import { expectNothingLeft, uniqueLabName } from '../lab/fixture.ts';
import { ipvsFiles, PODWIRE, whyNot } from './ipvs-catalogue.ts';
import { wrongLines } from './play-catalogue.ts';

const run = promisify(execFile);

describe.skipIf(whyNot() !== undefined)('the catalogue in ipvs, a guest each', { timeout: 400_000 }, () => {
  const name = uniqueLabName();

  afterAll(async () => {
    for (const lab of listLabs().filter((lab) => lab.startsWith(name))) await down(lab);
    expectNothingLeft(name, []);
  });

  it.each(ipvsFiles('own').map((file) => [basename(file), file] as const))('%s', async (_, file) => {
    const argv = ['run', file, '--proxy-mode', 'ipvs', '--name', name];
    const { stdout } = await run(PODWIRE, argv, { maxBuffer: 2 ** 24 }).catch((error) => error);
    expect(wrongLines(stdout)).toEqual([]);
    expect(stdout).toContain(`${file}, ipvs`);
    expect(stdout).toMatch(/\n1 passed in /);
    expect(stdout).toMatch(/lab \S+ built in [\d.]+ s, in User-mode Linux/);
  });
});
