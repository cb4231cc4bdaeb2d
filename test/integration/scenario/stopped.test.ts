/** `podwire run` stopped by Ctrl-C or a CI's time-out, in each of its phases: what was begun is cleaned up, nothing is left. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { down } from '../../../src/lab/down.ts';
import { listLabs } from '../../../src/lab/state-directory.ts';
import { scenarioOf } from '../../scenario/mistakes/mistake.ts';
import { uniqueLabName } from '../lab/fixture.ts';

const MAIN = join(import.meta.dirname, '../../../src/cli/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'podwire-stopped-'));
const names: string[] = [];
afterAll(async () => {
  rmSync(folder, { recursive: true });
  for (const lab of listLabs().filter((lab) => names.some((name) => lab.startsWith(name)))) await down(lab);
});

const labsOf = (name: string): string[] => listLabs().filter((lab) => lab.startsWith(name));
const left = (name: string): string[] => [
  ...readdirSync('/run/netns').filter((netns) => netns.startsWith(name)),
  ...labsOf(name),
];

interface Phase {
  readonly signal: NodeJS.Signals;
  /** Whether the phase has begun. */
  begun(text: string, name: string): boolean;
  /** What the command has said when it has ended. */
  readonly said: RegExp;
  /** The cleanup's last step has been played. */
  readonly cleaned: boolean;
}

const PHASES: Readonly<Record<string, Phase>> = {
  'a lab is built': {
    signal: 'SIGTERM',
    begun: (_, name) => labsOf(name).length > 0,
    said: /the start of the lab ".*" was interrupted/,
    cleaned: false,
  },
  'a step is tried': {
    signal: 'SIGTERM',
    begun: (text) => text.includes('$ waiting=1'),
    said: /step 1 was interrupted[\s\S]*interrupted: /,
    cleaned: true,
  },
  'it cleans up': {
    signal: 'SIGINT',
    begun: (text) => text.includes('$ tidying=1'),
    said: /passed: /,
    cleaned: true,
  },
};

/** A scenario that waits in vain, or for nothing, and leaves a mark when it has cleaned up. */
function scenario(waits: boolean, mark: string): string {
  const steps = waits
    ? '    - {exec: {in: client, command: [sh, -c, "waiting=1; false"]}, expect: {exitCode: 0}, timeout: 5m}'
    : '    - narrate: Nothing to wait for.';
  const cleanup = ['tidying=1; sleep 1', `touch ${mark}`].map((line) => `{script: {content: "${line}"}}`);
  return scenarioOf(steps, `  cleanup: [${cleanup.join(', ')}]\n`);
}

async function stopIn(
  phase: Phase,
): Promise<{ exitCode: number | null; text: string; cleaned: boolean; left: string[] }> {
  const name = uniqueLabName();
  names.push(name);
  const mark = join(folder, `${name}.mark`);
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, scenario(phase !== PHASES['it cleans up'], mark));
  const command = spawn(process.execPath, [MAIN, 'run', file, '--name', name, '--proxy-mode', 'iptables']);
  let text = '';
  for (const stream of [command.stdout, command.stderr])
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  const ended = once(command, 'exit');
  await expect.poll(() => phase.begun(text, name), { timeout: 60_000, interval: 20 }).toBe(true);
  command.kill(phase.signal);
  const [exitCode] = (await ended) as [ChildProcess['exitCode']];
  return { exitCode, text, cleaned: existsSync(mark), left: left(name) };
}

it('cleans up and leaves nothing: while a lab is built, a step is tried, it cleans up', {
  timeout: 120_000,
}, async () => {
  await Promise.all(
    Object.entries(PHASES).map(async ([what, phase]) => {
      const { text, ...outcome } = await stopIn(phase);
      expect(outcome, `${what}:\n${text}`).toEqual({ exitCode: 1, cleaned: phase.cleaned, left: [] });
      expect(text, what).toMatch(phase.said);
    }),
  );
});
