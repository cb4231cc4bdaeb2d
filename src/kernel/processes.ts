/**
 * What /proc says of processes: which network namespace each stands in, who started it, when. A process is known by
 * its pid *and* its start time, since pids are used again.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';

/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after boot (proc(5), `stat`, field 22). */
  readonly startTime: number;
}

export interface ProcessFacts extends ProcessIdentity {
  readonly parent: number;
  /** Inode of its network namespace; 0 when it is just ending, or belongs to another user. */
  readonly netns: number;
}

/** Parent and start time of a living process; undefined for one that is gone or a zombie. */
function readStat(pid: number): { parent: number; startTime: number } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined; // ended meanwhile
  }
  // The second field is the program's name in brackets and may hold anything; fields are counted behind its last bracket.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parent] = fields;
  // A zombie whose other threads are still on their way out holds files and namespaces.
  const threads = Number(fields[17]);
  if (state === 'X' || (state === 'Z' && threads <= 1)) return undefined;
  return { parent: Number(parent), startTime: Number(fields[19]) };
}

/** The identity of a process that runs now; undefined when there is none. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  return stat === undefined ? undefined : { pid, startTime: stat.startTime };
}

/** True while exactly this process runs. */
export function isRunning(process: ProcessIdentity): boolean {
  return readStat(process.pid)?.startTime === process.startTime;
}

/** Sends `signal` to exactly this process. False when it is gone. */
export function signalProcess(target: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isRunning(target)) return false;
  try {
    return process.kill(target.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** Every process there is. */
export function listProcesses(): ProcessFacts[] {
  const found: ProcessFacts[] = [];
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const stat = readStat(pid);
    if (stat !== undefined) found.push({ pid, netns: namespaceOf(`/proc/${pid}/ns/net`) ?? 0, ...stat });
  }
  return found;
}

/** The inode of the namespace behind a path (`/proc/self/ns/net`, `/run/netns/NAME`); undefined when there is none. */
export function namespaceOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined; // gone, or not ours to look into
  }
}

/** The processes of `all` that `isMember` picks, and everything they started. */
export function withDescendants(
  all: readonly ProcessFacts[],
  isMember: (candidate: ProcessFacts) => boolean,
): ProcessFacts[] {
  const children = Map.groupBy(all, (candidate) => candidate.parent);
  const picked = new Map<number, ProcessFacts>();
  const queue = all.filter(isMember);
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (picked.has(next.pid)) continue;
    picked.set(next.pid, next);
    queue.push(...(children.get(next.pid) ?? []));
  }
  return [...picked.values()];
}

/** The value of one environment variable a process was started with. */
export function environmentOf(pid: number, variable: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return undefined; // gone, or another user's
  }
  const prefix = `${variable}=`;
  return text
    .split('\0')
    .find((entry) => entry.startsWith(prefix))
    ?.slice(prefix.length);
}
