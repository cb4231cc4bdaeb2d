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
  const kilobytes = pidsOf(lab).map((pid) =>
    Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))![1]),
  );
  return kilobytes.reduce((sum, each) => sum + (each * 1024) / 1e6, 0);
}

/** Time on a processor so far, of all threads of the lab's processes, in milliseconds. */
export function processorTimeOf(lab: string): number {
  return pidsOf(lab).reduce((sum, pid) => sum + processorTimeOfProcess(pid), 0);
}

/** The same of one process. */
export function processorTimeOfProcess(pid: number): number {
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
}
