/** Which CPU a guest is pinned to: two of them on one would each have half of it. */
import { readdirSync, readFileSync } from 'node:fs';

/** The CPU, of those this process may use, that fewest processes of other guests are pinned to. */
export function guestCpu(): number {
  return pickCpu(cpusOf('self') ?? '0', guestProcesses(), Date.now());
}

/**
 * Of the CPUs of a list like `0-3,8` (proc_pid_status(5), Cpus_allowed_list) the one that is named least in `taken`; of several
 * such the `turn`-th, round and round. Pure.
 */
export function pickCpu(list: string, taken: readonly string[], turn: number): number {
  const uses = new Map(numbersOf(list).map((cpu) => [cpu, taken.filter((each) => each === String(cpu)).length]));
  const least = Math.min(...uses.values());
  const free = [...uses].flatMap(([cpu, count]) => (count === least ? [cpu] : []));
  return free[turn % free.length]!;
}

function numbersOf(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** The lists of the processes of all guests. */
function guestProcesses(): string[] {
  return readdirSync('/proc').flatMap((pid) => (/^\d/.test(pid) && isGuest(pid) ? (cpusOf(pid) ?? []) : []));
}

function isGuest(pid: string): boolean {
  return readProc(`${pid}/comm`)?.trim() === 'linux.uml';
}

function cpusOf(pid: string): string | undefined {
  return /^Cpus_allowed_list:\s*(\S+)/m.exec(readProc(`${pid}/status`) ?? '')?.[1];
}

/** Undefined for a process that has gone meanwhile. */
function readProc(file: string): string | undefined {
  try {
    return readFileSync(`/proc/${file}`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
