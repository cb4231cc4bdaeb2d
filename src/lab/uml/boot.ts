/**
 * Starts User-mode Linux: a Linux kernel (Debian's `user-mode-linux`) that runs as a process of this host, with the host's
 * files as its root, read-only. Knows how it is started and kept apart; what the guest does is `lab/uml/init.sh` and the
 * script it is given.
 */
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { installCommand, isInstalled } from '../../kernel/packages.ts';
import { startAttendant, userNamespace } from '../../kernel/program.ts';
import { LabError } from '../lab-error.ts';
import { umlScript } from '../programs.ts';
import { guestArguments } from './guest-arguments.ts';
import { guestCpu } from './guest-cpu.ts';
import { makeLayer } from './guest-layer.ts';

/** The guest ends with the process that has started it, and has no more of the host than `lab/uml/start.sh` leaves it. */
function isolation(): [string, ...string[]] {
  const unshare = ['unshare', ...userNamespace('root'), '--mount', '--pid', '--net', '--ipc', '--uts'];
  return ['setpriv', '--pdeathsig', 'KILL', '--', ...unshare, '--fork', '--kill-child', '--'];
}

/** The descriptor by which the guest's kernel gets its end of the serial line: of a socket, so bytes go both ways. */
const LINE_FD = 3;

export interface BootOptions {
  /** An empty folder of the host's, the only one the guest may write to: it sees it as `GUEST_FOLDER`. */
  readonly folder: string;
  /** A POSIX shell script, run once the guest has a root, devices and modules. The machine stops when it ends. */
  readonly run: string;
  readonly memoryMb: number;
  /** Give the guest a serial line, `LINE_DEVICE`. */
  readonly line?: boolean;
}

/** The guest; killing it leaves nothing. */
export interface Guest {
  readonly process: ChildProcess;
  /** The host's end of the serial line. */
  readonly line?: Duplex;
  /** What the guest's kernel and its first process have printed so far. */
  readonly console: () => string;
}

/** Starts the guest, which ends by itself when its script does. Throws a `LabError` when there is no User-mode Linux here. */
export function bootUml({ folder, run, memoryMb, line = false }: BootOptions): Guest {
  requireUml();
  makeLayer(join(folder, 'layer'));
  writeFileSync(join(folder, 'run'), run, { mode: 0o600 });
  const log = join(folder, 'console');
  const output = openSync(log, 'w', 0o600);
  const kernel = guestArguments({ folder, init: umlScript('init.sh'), memoryMb, ...(line ? { line: LINE_FD } : {}) });
  const start = ['sh', umlScript('start.sh'), folder, String(guestCpu()), ...kernel];
  try {
    const process = startAttendant([...isolation(), ...start], ['ignore', output, output, line ? 'pipe' : 'ignore']);
    return {
      process,
      console: () => readFileSync(log, 'utf8'),
      ...(line ? { line: process.stdio[LINE_FD] as Duplex } : {}),
    };
  } finally {
    closeSync(output);
  }
}

/** Refuses a host without User-mode Linux. */
export function requireUml(): void {
  if (isInstalled('linux.uml')) return;
  throw new LabError({
    what: 'User-mode Linux is not installed',
    why: 'no linux.uml found on PATH: it is in Debian’s package user-mode-linux',
    remedy: installCommand('linux.uml'),
  });
}
