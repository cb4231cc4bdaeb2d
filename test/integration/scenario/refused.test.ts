/** A folder with every mistake a scenario can have: `podwire run` refuses it whole, and builds nothing. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { listLabs } from '../../../src/lab/state-directory.ts';
import { NARRATED } from '../../scenario/mistakes/mistake.ts';
import { MISTAKES } from '../../scenario/mistakes/mistakes.ts';

const ROOT = join(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'podwire-refused-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('refuses all mistakes at once, each with its place and remedy; exit code 2; no lab', () => {
  // A good one among them is not played either.
  writeFileSync(join(folder, 'good.yaml'), NARRATED);
  const expected = MISTAKES.map(([, text, problem], index) => {
    const file = join(folder, `${String(index).padStart(3, '0')}.yaml`);
    writeFileSync(file, text);
    return `${file}:${problem.replace('nowhere.yaml', join(folder, 'nowhere.yaml'))}`;
  });
  const name = `t${process.pid}-refused`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'src/cli/main.ts'), 'run', folder, '--name', name],
    { encoding: 'utf8' },
  );
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  for (const problem of expected) expect(stderr).toContain(problem);
  expect(stderr).toContain(`scenarios are unusable: ${MISTAKES.length} problems`);
  expect([...readdirSync('/run/netns'), ...listLabs()].filter((made) => made.startsWith(name))).toEqual([]);
});
