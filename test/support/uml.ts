/**
 * Runs a Node script inside User-mode Linux, whose kernel has what the host's may lack (IPVS, SCTP, netem):
 *
 *   const { stdout, stderr, code } = await runInUml(join(import.meta.dirname, 'ipvs-in-uml.ts'), ['10']);
 *
 * The script sees the host's files; what it writes is gone with the guest. It finds `lo` up, /run and /sys its own, and modules are
 * loaded when first asked for. Pass what it found as JSON on stdout.
 */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isInstalled } from '../../src/kernel/packages.ts';
import { shellWord } from '../../src/kernel/shell-text.ts';
import { bootUml } from '../../src/lab/uml/boot.ts';
import { GUEST_FOLDER } from '../../src/lab/uml/guest-arguments.ts';

export interface UmlResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit code of the script. */
  readonly code: number;
}

export interface UmlOptions {
  /** After this the guest is killed and the call fails. Default: 60,000. */
  readonly timeoutMs?: number;
  /** Default: 1,024. */
  readonly memoryMb?: number;
  /** Beyond PATH. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Why these tests cannot run here, for `describe.skipIf`; printed once, undefined when they can. */
export function whyNoUml(): string | undefined {
  const why = process.getuid?.() !== 0 ? 'this is not root' : isInstalled('linux.uml') ? undefined : NO_UML;
  if (why !== undefined) console.warn(`skipped: ${why}`);
  return why;
}

const NO_UML = 'there is no linux.uml on PATH (apt-get install user-mode-linux)';

/** Boots a guest, runs `node SCRIPT ARGS` in it, stops it. Throws when the guest died or the time was up. */
export async function runInUml(script: string, args: readonly string[], options: UmlOptions = {}): Promise<UmlResult> {
  const { timeoutMs = 60_000, memoryMb = 1024, env = {} } = options;
  const folder = mkdtempSync(join(tmpdir(), `podwire-uml-${process.pid}-`));
  try {
    const guest = bootUml({ folder, memoryMb, run: runScript(script, args, env) });
    const timer = setTimeout(() => guest.process.kill('SIGKILL'), timeoutMs);
    const [, signal] = (await once(guest.process, 'exit')) as [number | null, NodeJS.Signals | null];
    clearTimeout(timer);
    const code = readIfThere(join(folder, 'code'));
    if (code === '') {
      const why = signal === null ? 'the guest died' : `the guest did not end within ${timeoutMs} ms`;
      const parts = ['console', 'stdout', 'stderr'].map((file) => `--- ${file}\n${readIfThere(join(folder, file))}`);
      throw new Error(`${why}\n${parts.join('\n')}`);
    }
    return {
      stdout: readIfThere(join(folder, 'stdout')),
      stderr: readIfThere(join(folder, 'stderr')),
      code: Number(code),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runScript(script: string, args: readonly string[], env: Readonly<Record<string, string>>): string {
  const { PATH = '', NODE_COMPILE_CACHE: cache } = process.env;
  const compiled = cache === undefined ? {} : { NODE_COMPILE_CACHE: cache };
  const variables = Object.entries({ PATH, HOME: '/root', ...compiled, ...env });
  const command = [process.execPath, script, ...args].map(shellWord).join(' ');
  return [
    ...variables.map(([name, value]) => `export ${name}=${shellWord(value)}`),
    `cd ${shellWord(process.cwd())}`,
    `${command} >${GUEST_FOLDER}/stdout 2>${GUEST_FOLDER}/stderr </dev/null`,
    `echo $? >${GUEST_FOLDER}/code`,
    '',
  ].join('\n');
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
