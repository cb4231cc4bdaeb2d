/**
 * The examples of README.md and docs/ do what they say: each `sh` block is run line by line in a folder that looks like the checkout,
 * each `console` block prints what it shows, each lab file and manifest is accepted. They name no lab: theirs comes by PODWIRE_NAME.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectLab } from '../../../src/lab/open-lab.ts';
import { listLabs } from '../../../src/lab/state-directory.ts';
import { commandsOf, documents, type Example, examplesOf, ROOT, sessionOf } from '../../documents/examples.ts';
import { leavingNothing, uniqueLabName } from '../lab/fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'podwire-documents-'));
const name = uniqueLabName();
const examples = documents().flatMap(examplesOf);
const toRun = (language: string) =>
  examples.filter((example) => example.language === language && example.notRun === undefined);

beforeAll(() => {
  mkdirSync(join(folder, 'lab'));
  const launcher = join(folder, 'lab/podwire');
  writeFileSync(launcher, `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'src/cli/main.ts')}' "$@"\n`);
  chmodSync(launcher, 0o755);
  for (const file of ['default.yaml', 'sources.yaml', 'lab.schema.json'])
    symlinkSync(join(ROOT, 'lab', file), join(folder, 'lab', file));
  symlinkSync(join(ROOT, 'scenarios'), join(folder, 'scenarios'));
  // What the files of examples name stands beside them.
  symlinkSync(join(ROOT, 'scenarios/manifests'), join(folder, 'manifests'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function shell(command: string) {
  return spawnSync('sh', ['-c', command], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PODWIRE_NAME: name, PATH: `${folder}/lab:${process.env.PATH}`, NO_COLOR: '1' },
  });
}

/** What a reader's own pace does between two lines: rules follow the last change. */
async function settled(): Promise<void> {
  if (!listLabs().includes(name)) return;
  const lab = await connectLab(name);
  await lab.programmed();
  lab.close();
}

describe('sh', { timeout: 180_000 }, () => {
  it.each(toRun('sh'))('$place', async (example: Example) => {
    await leavingNothing(name, async () => {
      for (const command of commandsOf(example)) {
        await settled();
        const { status, stdout, stderr } = shell(command);
        expect({ command, status, output: status === 0 ? '' : stdout + stderr }).toEqual({
          ...{ command, status: 0, output: '' },
        });
      }
    });
  });
});

describe('console', () => {
  it.each(toRun('console'))('$place', (example: Example) => {
    for (const { command, output } of sessionOf(example)) {
      // A file the example shows is there.
      const file = /^cat (\S+)$/.exec(command)?.[1];
      if (file !== undefined) writeFileSync(join(folder, file), `${output}\n`);
      const { stdout, stderr } = shell(command);
      expect((stdout + stderr).trimEnd()).toBe(output);
    }
  });
});

describe('yaml', { timeout: 60_000 }, () => {
  it.each(toRun('yaml'))('$place', async ({ text }: Example) => {
    const file = join(folder, 'example.yaml');
    writeFileSync(file, text);
    const kind = /^kind: (\w+)/m.exec(text)?.[1];
    if (kind === 'Lab') {
      const { readLabFile } = await import('../../../src/lab/lab-file.ts');
      expect(readLabFile(file)).toMatchObject({ kind });
      return;
    }
    if (text.startsWith('- ')) {
      const { parseScenario } = await import('../../../src/scenario/definition/load-scenario.ts');
      const head =
        'apiVersion: podwire.dev/v1alpha1\nkind: Scenario\nmetadata: {name: a, labels: {topic: a, level: basic}}';
      expect(
        parseScenario(`${head}\nspec:\n  title: Steps\n  steps:\n${text.replaceAll(/^/gm, '    ')}`, file),
      ).toHaveProperty('steps');
      return;
    }
    if (kind === 'Scenario' || kind === 'Exercise') {
      const { loadScenarios } = await import('../../../src/scenario/definition/load-scenario.ts');
      expect(loadScenarios([file])).toHaveLength(1);
      return;
    }
    const applied = await leavingNothing(name, async () => {
      expect(shell('podwire up --nodes 1').status).toBe(0);
      return shell('podwire kubectl -- apply -f example.yaml');
    });
    expect(applied).toMatchObject({ status: 0, stderr: '' });
  });
});
