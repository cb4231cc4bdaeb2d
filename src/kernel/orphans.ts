/**
 * Burying processes whose parent died before them. They go to the machine's first process, which may take its time, unless an
 * ancestor has declared itself for them: `podwire run`, which started the lab, is one.
 */
import koffi from 'koffi';

const libc = koffi.load(null);
const prctl = libc.func('int prctl(int option, unsigned long argument)');
const waitpid = libc.func('int waitpid(int pid, void *status, int options)');

const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;

/** From now on this process inherits the orphans among its descendants. */
export function inheritOrphans(): void {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/** Takes notice of the end of an inherited process; nothing happens for one that runs, or is not ours. Never for Node's own children. */
export function buryOrphan(pid: number): void {
  waitpid(pid, null, WNOHANG);
}
