/**
 * Which iptables works on this kernel. On most distributions `iptables` writes nf_tables rules; a kernel whose
 * nf_tables lacks the family `ip` (User-mode Linux's) takes them by `iptables-legacy` alone. Found by trying, once.
 */
import { closeSync } from 'node:fs';
import type { Invocation } from './invocation.ts';
import { openScratchNamespace, withinDescriptor } from './namespace-window.ts';
import { isInstalled } from './packages.ts';
import { runToolIn } from './run-tool.ts';

/** `iptables`, `ip6tables`, and their `-restore` and `-save`: what a distribution lets stand for either variant. */
const EITHER = /^(ip6?tables)(-restore|-save)?$/;

/** A listing of an empty table succeeds where a rule is refused: so a chain is made. */
const ATTEMPT = '*nat\n:TRY - [0:0]\nCOMMIT\n';

/** Whether a tool can make a chain on this kernel. */
export type Attempt = (tool: string) => Promise<boolean>;

/**
 * The tool by the name that works: `iptables-save` is `iptables-legacy-save` where only that one does. Any other tool,
 * and one of which neither variant works, is as it was.
 */
export async function workingName(tool: string, usesLegacy: () => Promise<boolean>): Promise<string> {
  const [, name, action = ''] = EITHER.exec(tool) ?? [];
  return name !== undefined && (await usesLegacy()) ? `${name}-legacy${action}` : tool;
}

/** True when the distribution's choice fails and the legacy variant works. */
export async function needsLegacy(works: Attempt): Promise<boolean> {
  return !(await works('iptables-restore')) && (await works('iptables-legacy-restore'));
}

let found: Promise<boolean> | undefined;

/** The invocation with the variant that works here; a few milliseconds the first time, in a namespace without a name. */
export async function forThisKernel(invocation: Invocation): Promise<Invocation> {
  const [tool, ...args] = invocation.argv;
  const name = await workingName(tool, () => {
    found ??= needsLegacy(tryInScratch);
    return found;
  });
  return name === tool ? invocation : { ...invocation, argv: [name, ...args] };
}

async function tryInScratch(tool: string): Promise<boolean> {
  if (!isInstalled(tool)) return false;
  const scratch = openScratchNamespace();
  try {
    const invocation: Invocation = { argv: [tool, '--noflush'], stdin: ATTEMPT };
    return (await runToolIn((action) => withinDescriptor(scratch, action), '', invocation)).exitCode === 0;
  } finally {
    closeSync(scratch);
  }
}
