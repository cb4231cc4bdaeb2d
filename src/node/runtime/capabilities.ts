/**
 * The capabilities of a container, as container runtimes give them: a default set, `securityContext.capabilities` adds and
 * drops, `privileged` keeps all.
 */

/**
 * containerd's and Docker's default set, without MKNOD: there a device cgroup keeps a made node from being opened, here nothing does.
 * (All of a container's file systems are mounted `nodev` besides.)
 */
const DEFAULT_CAPABILITIES = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'NET_BIND_SERVICE',
  'NET_RAW',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
];
/** Every capability of Linux 6.x by its name. */
const KNOWN = new Set([
  ...DEFAULT_CAPABILITIES,
  ...'DAC_READ_SEARCH LINUX_IMMUTABLE NET_BROADCAST NET_ADMIN IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_PTRACE'.split(
    ' ',
  ),
  ...'SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_CONTROL'.split(' '),
  ...'MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'.split(' '),
]);

/** The set after `add` and `drop` (names with or without `CAP_`, or `ALL`). Unknown names are passed over, as runtimes do. */
export function capabilitiesOf(add: readonly string[] = [], drop: readonly string[] = []): string[] {
  const dropped = new Set(drop.map(bare));
  const kept = dropped.has('ALL') ? [] : DEFAULT_CAPABILITIES.filter((name) => !dropped.has(name));
  const added = add.map(bare).flatMap((name) => (name === 'ALL' ? [...KNOWN] : [name]));
  return [...new Set([...kept, ...added])].filter((name) => KNOWN.has(name)).sort();
}

/**
 * The bounding set for setpriv: `-all,+chown,…`. SYS_CHROOT always stays, since the last step into the container needs it; what a
 * chroot can be left for is the read-only base (`scripts.ts`). So do SETUID and SETGID where that step also becomes another user, who has
 * no capability after it.
 */
export function boundingSet(capabilities: readonly string[], becomesAnother = false): string {
  const needed = ['SYS_CHROOT', ...(becomesAnother ? ['SETUID', 'SETGID'] : [])];
  const names = [...new Set([...capabilities, ...needed])].sort();
  return ['-all', ...names.map((name) => `+${name.toLowerCase()}`)].join(',');
}

function bare(name: string): string {
  return name.toUpperCase().replace(/^CAP_/, '');
}
