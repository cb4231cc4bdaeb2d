/** What the processes of a lab cost: memory and processor time, as the kernel accounts for them. */
import { readdirSync, readFileSync } from 'node:fs';
import { listProcesses, withDescendants } from '../../src/kernel/processes.ts';
import { readRecord } from '../../src/lab/record.ts';
import { stateDirectory } from '../../src/lab/state-directory.ts';

/** The lab's recorded processes and what they have started. */
function pidsOf(lab: string): number[] {
  const { processes } = readRecord(stateDirectory(lab).record);
  const recorded = new Set(processes.map(({ pid, startTime }) => `${pid} ${startTime}`));
  const all = listProcesses();
  return withDescendants(all, ({ pid, startTime }) => recorded.has(`${pid} ${startTime}`)).map(({ pid }) => pid);
}

/** Proportional set size of all processes of the lab, in MB (10^6 bytes): a shared page counts once among its sharers. */
export function memoryOf(lab: string): number {
  return sumOf(lab, (pid) => {
    const [, kilobytes] = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
    return (Number(kilobytes ?? 0) * 1024) / 1e6;
  });
}

/** Time on a processor so far, of all threads of the lab's processes, in milliseconds. */
export function processorTimeOf(lab: string): number {
  return sumOf(lab, processorTimeOfProcess);
}

/** The same of one process. */
export function processorTimeOfProcess(pid: number): number {
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
}

/** A process that ends while it is looked at (a tool that a component runs) counts for nothing. */
function sumOf(lab: string, measure: (pid: number) => number): number {
  let sum = 0;
  for (const pid of pidsOf(lab)) {
    try {
      sum += measure(pid);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ESRCH') throw error;
    }
  }
  return sum;
}
