/** Whatever dies at whatever moment, nothing is left: by itself where somebody is left to do it, else after one `down`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { identifyProcess, type ProcessIdentity } from '../../../src/kernel/processes.ts';
import { down } from '../../../src/lab/down.ts';
import { readRecord } from '../../../src/lab/record.ts';
import { stateDirectory } from '../../../src/lab/state-directory.ts';
import { up } from '../../../src/lab/up.ts';
import { expectNothingLeft, leavingNothing, processesOf, uniqueLabName } from './fixture.ts';
import { tracesOf } from './host-facts.ts';

const CLI = join(import.meta.dirname, '../../../src/cli/main.ts');

/** The parts `up` reports, in order: the moments to be killed at. */
let parts: string[] = [];

beforeAll(async () => {
  const name = uniqueLabName();
  await leavingNothing(name, async () => {
    const reported: string[] = [];
    await up({ name }, ({ part }) => reported.push(part));
    parts = reported;
  });
});

/** At most ten moments, spread over the start; the first is before any part is reported. */
function moments(): number[] {
  const count = Math.min(10, parts.length);
  return Array.from({ length: count }, (_, index) => Math.floor((index * parts.length) / count));
}

function daemonPid(name: string): number | undefined {
  return readRecord(stateDirectory(name).record).processes.findLast(({ role }) => role === 'daemon')?.pid;
}

function kill(pid: number | undefined): void {
  if (pid !== undefined && identifyProcess(pid) !== undefined) process.kill(pid, 'SIGKILL');
}

/** Polls until `condition` holds; fails after ten seconds. */
async function eventually(condition: () => boolean, what: () => string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within 10 s: ${what()}`);
    await sleep(10);
  }
}

/** Starts `podwire up` as a process of its own; `onPart` is called with the number of parts reported so far. */
function startUp(name: string, onPart: (count: number) => void): ChildProcess {
  const cli = spawn(process.execPath, [CLI, 'up', '--name', name], { stdio: ['ignore', 'pipe', 'inherit'] });
  let count = 0;
  createInterface({ input: cli.stdout! }).on('line', (line) => {
    if (!line.endsWith(' ms')) return;
    count += 1;
    onPart(count);
  });
  return cli;
}

const ended = (child: ChildProcess) =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise<void>((resolve) => child.once('exit', () => resolve()));

describe('kill -9 during up', { timeout: 180_000 }, () => {
  it('of the daemon: up says so and has removed everything', async () => {
    for (const moment of moments()) {
      const name = uniqueLabName();
      await leavingNothing(name, async () => {
        let reported = 0;
        let processes: ProcessIdentity[] = [];
        const attempt = up({ name }, () => {
          reported += 1;
          if (reported !== moment + 1) return;
          processes = processesOf(name);
          kill(daemonPid(name));
        });
        // At the last part the lab may be called ready before the daemon's death is known: then it is the caller's.
        const outcome = await attempt.then(
          () => 'ready',
          (error: unknown) => (error as Error).message,
        );
        if (outcome === 'ready') expect(reported).toBe(parts.length);
        else {
          expect(outcome).toBe('the lab’s daemon died while it built the lab');
          expectNothingLeft(name, processes);
        }
      });
    }
  });

  it('of the command: the daemon removes everything', async () => {
    for (const moment of moments().slice(0, -1)) {
      const name = uniqueLabName();
      await leavingNothing(name, async () => {
        const cli = startUp(name, (count) => {
          if (count === moment + 1) cli.kill('SIGKILL');
        });
        await ended(cli);
        await eventually(
          () => tracesOf(name).length === 0,
          () => tracesOf(name).join('\n'),
        );
      });
    }
  });

  it('of both: down removes what is left', async () => {
    for (const moment of moments()) {
      const name = uniqueLabName();
      let processes: ProcessIdentity[] = [];
      const cli = startUp(name, (count) => {
        if (count !== moment + 1) return;
        processes = processesOf(name);
        cli.kill('SIGKILL');
        kill(daemonPid(name));
      });
      await ended(cli);
      await down(name);
      expectNothingLeft(name, processes);
    }
  });
});

describe('kill -9 during up of the command and the daemon', () => {
  it('leaves something that the next up removes before it builds', async () => {
    const name = uniqueLabName();
    await leavingNothing(name, async () => {
      const cli = startUp(name, (count) => {
        if (count !== 3) return;
        cli.kill('SIGKILL');
        kill(daemonPid(name));
      });
      await ended(cli);
      await eventually(
        () => identifyProcess(daemonPid(name) ?? 0) === undefined,
        () => 'the daemon lives',
      );
      const notes: string[] = [];
      await up({ name, onNote: (text) => notes.push(text) }, () => undefined);
      expect(notes).toEqual([`a former start of the lab "${name}" was cut short; removing what it left`]);
    });
  });
});

describe('Ctrl-C during up', () => {
  it('removes everything and exits with 130', async () => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      const name = uniqueLabName();
      await leavingNothing(name, async () => {
        const cli = startUp(name, (count) => {
          if (count === 1) cli.kill(signal);
        });
        await ended(cli);
        expect(cli.exitCode).toBe(130);
        expect(tracesOf(name)).toEqual([]);
      });
    }
  });
});
