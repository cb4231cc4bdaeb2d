/** What each kind of batch is as a command: the one table of tools, and of how each says which line failed. */
import type { Batch, ReadResult } from './kernel.ts';
import { renderBridgeOps, renderIpOps } from './render-ops.ts';

export interface Invocation {
  readonly argv: readonly [string, ...string[]];
  readonly stdin?: string;
}

/** Seconds iptables-legacy waits for its lock, which all namespaces of the machine share. */
const XTABLES_WAIT = '5';

/** The command of a batch. A sysctl batch is written as files; this is the command that says the same. */
export function invocationOf(batch: Batch): Invocation {
  switch (batch.tool) {
    case 'ip':
      return { argv: ['ip', '-batch', '-'], stdin: renderIpOps(batch.ops) };
    case 'bridge':
      return { argv: ['bridge', '-batch', '-'], stdin: renderBridgeOps(batch.ops) };
    case 'iptables-restore': {
      const tool = batch.family === 4 ? 'iptables-restore' : 'ip6tables-restore';
      return { argv: [tool, '--wait', XTABLES_WAIT, '--noflush'], stdin: batch.text };
    }
    case 'nft':
      return { argv: ['nft', '-f', '-'], stdin: batch.text };
    case 'ipset':
      return { argv: ['ipset', 'restore'], stdin: batch.text };
    case 'ipvsadm':
      return { argv: ['ipvsadm', '-R'], stdin: batch.text };
    case 'sysctl':
      return { argv: ['sysctl', '-w', ...Object.entries(batch.values).map(([key, value]) => `${key}=${value}`)] };
    case 'command':
      return { argv: batch.argv };
  }
}

/**
 * True when a tool did not do all it was told. `ipvsadm -R` goes on behind a line that fails and ends with the exit code
 * of the last one: what it says of a failure is all there is to tell by.
 */
export function hasFailed({ argv: [tool] }: Invocation, { exitCode, stderr }: ReadResult): boolean {
  return exitCode !== 0 || (tool === 'ipvsadm' && stderr !== '');
}

/** How the tools name a line (counted from 1) of their standard input on stderr. */
const LINE_NUMBER = [
  /^Command failed -:(\d+)$/m, // ip, bridge
  /^(?:\/dev\/stdin|<stdin>|-):(\d+):/m, // nft: line:columns
  /Error occurred at line: (\d+)/, // iptables-restore while it parses
  /line (\d+) failed/, // iptables-restore when the kernel refuses
  /Error in line (\d+):/, // ipset
];

/** The line of standard input that `stderr` complains of; the command itself where it names none. */
export function failingLine({ argv, stdin }: Invocation, stderr: string): string {
  const lines = stdin?.split('\n') ?? [];
  // iptables-nft notices a missing target at COMMIT only, and names that line; the jump to it is what is wrong.
  const target = /Chain '(.+)' does not exist/.exec(stderr)?.[1];
  const jump = lines.find((line) => target !== undefined && /-[jg] (\S+)/.exec(line)?.[1] === target);
  if (jump !== undefined) return jump;
  for (const pattern of LINE_NUMBER) {
    const line = lines[Number(pattern.exec(stderr)?.[1]) - 1];
    if (line !== undefined) return line.trim();
  }
  return argv.join(' ');
}
