/** The script that the guest of a lab runs (see `init.sh`): it becomes the agent. Pure. */
import { shellWord } from '../../kernel/shell-text.ts';
import { GUEST_FOLDER } from './guest-arguments.ts';

/** The serial line of the command line's `ssl0`. */
export const LINE_DEVICE = '/dev/ttyS0';

export interface GuestScript {
  readonly env: Readonly<Record<string, string>>;
  /** The command line of the agent. */
  readonly agent: readonly string[];
  /** Modules to load: `guest-modules.ts`. */
  readonly modules: readonly string[];
  /** The folder of all labs: the guest's own is empty. */
  readonly stateRoot: string;
}

/** The script's text. */
export function guestScript({ env, agent, modules, stateRoot }: GuestScript): string {
  const root = shellWord(stateRoot);
  return [
    `umount -l ${GUEST_FOLDER}`,
    `mkdir -p ${root}`,
    `mount -t tmpfs -o mode=700 tmpfs ${root}`,
    // One that this kernel has built in, or lacks, is no reason to stop.
    `modprobe -a -q ${modules.join(' ')}`,
    `stty -F ${LINE_DEVICE} raw -echo`,
    ...Object.entries(env).map(([name, value]) => `export ${name}=${shellWord(value)}`),
    `exec ${agent.map(shellWord).join(' ')}`,
    '',
  ].join('\n');
}
