import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { LinuxKernel } from '../../../src/kernel/linux-kernel.ts';
import { listProcesses } from '../../../src/kernel/processes.ts';
import { runCaptured } from '../../../src/lab/run-captured.ts';

it('a program whose time is up ends with what it has started, which held its output', async () => {
  const sleep = `sleep 60.${process.pid}`;
  const running = runCaptured(new LinuxKernel(), ['sh', '-c', `sh -c '${sleep}; :' & wait`], {
    timeoutMs: 1_000,
    killsDescendants: true,
  });
  await expect(running).rejects.toThrow('did not end');
  expect(commandLines().filter((line) => line.includes(sleep))).toEqual([]);
});

function commandLines(): string[] {
  return listProcesses().flatMap(({ pid }) => {
    try {
      return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')];
    } catch {
      return []; // ended meanwhile
    }
  });
}
