/** The command line of User-mode Linux, as text: what kernel parameters of the guest mean here. Pure. */

/** Where the guest sees the folder that it shares with the host (`lab/uml/init.sh`). */
export const GUEST_FOLDER = '/run/host';

export interface GuestArguments {
  /** On the host: the shared folder. */
  readonly folder: string;
  /** On the host: the script that is the guest's first process. */
  readonly init: string;
  /** Bound of the guest's memory, MB: the host gives it as it is used. */
  readonly memoryMb: number;
  /** Descriptor of the guest's serial line, where it has one. */
  readonly line?: number;
}

/** What stands behind `linux.uml`. Kernel parameters the kernel does not know become the environment of its first process. */
export function guestArguments({ folder, init, memoryMb, line }: GuestArguments): string[] {
  return [
    `mem=${memoryMb}M`,
    'rootfstype=hostfs',
    'root=/dev/root',
    'rootflags=/',
    'ro',
    `init=${parameter(init)}`,
    `PODWIRE_FOLDER=${parameter(folder)}`,
    'con=null',
    'con0=fd:0,fd:1',
    'ssl=null',
    ...(line === undefined ? [] : [`ssl0=fd:${line},fd:${line}`]),
    // In the tmpfs of start.sh: User-mode Linux would write to ~/.uml.
    'uml_dir=/dev/shm/',
    'umid=guest',
    // What nobody needs here costs half the boot: 256 terminals of the BSD kind, the choice of the fastest RAID 6, swap in memory.
    'pty.legacy_count=0',
    'initcall_blacklist=raid6_select_algo,init_zswap',
    // A panic ends the process.
    'panic=-1',
    'noreboot',
    'quiet',
  ];
}

/** Kernel parameters are cut at spaces, but not between quotes; there is no way to write a quote. */
function parameter(value: string): string {
  if (!/["\n]/.test(value)) return /\s/.test(value) ? `"${value}"` : value;
  throw new Error(`no path for a kernel parameter: ${JSON.stringify(value)}`);
}
