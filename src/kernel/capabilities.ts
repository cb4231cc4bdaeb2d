/**
 * The probe behind `podwire check`: tries everything in a namespace without a name, which is gone with this process,
 * and says of each thing what it is for, why it is missing and the command that mends it. Never touches the host's own
 * network.
 */
import { closeSync } from 'node:fs';
import { CAPABILITY_IDS, PROBES, type Probe } from './capability-probes.ts';
import type { Invocation } from './invocation.ts';
import { forThisKernel } from './iptables-variant.ts';
import type { ReadResult } from './kernel.ts';
import { openScratchNamespace, withinDescriptor } from './namespace-window.ts';
import { installCommand, isInstalled, moduleRemedy } from './packages.ts';
import { runToolIn, type Window } from './run-tool.ts';

export interface Capability {
  readonly id: string;
  readonly title: string;
  /** `limited`: there, but not all of it. */
  readonly status: 'ok' | 'missing' | 'limited';
  readonly neededBy: string;
  /** Without it there is no lab at all. */
  readonly required: boolean;
  /** What was seen: of a missing thing the error, of a present one perhaps its version. */
  readonly why?: string;
  /** The exact command that mends it. */
  readonly remedy?: string;
}

type Facts = Pick<Probe, 'id' | 'title' | 'neededBy'> & { readonly required?: boolean };

interface Failure {
  readonly why: string;
  readonly remedy: string;
  readonly status?: 'limited';
}

interface Scratch {
  readonly window: Window;
  /** What goes before a command, where this user cannot make a namespace directly. */
  readonly prefix: readonly string[];
  readonly fd?: number;
}

const NOBODY = 65534;

/** Tries everything, or only what is named; all of it takes some 100 ms. */
export async function probeCapabilities(ids: readonly string[] = CAPABILITY_IDS): Promise<Capability[]> {
  return (await probe(PROBES.filter(({ id }) => ids.includes(id)))).filter(({ id }) => ids.includes(id));
}

async function probe(probes: readonly Probe[]): Promise<Capability[]> {
  const [root, netns, scratch] = openScratch();
  try {
    // Root without the right to a namespace (a container) must not try on the host's own network.
    if (scratch.fd === undefined && scratch.prefix.length === 0) return [root, netns];
    const [variant, ...probed] = await Promise.all([
      iptablesVariant(scratch),
      ...probes.map((each) => tryOne(scratch, each)),
    ]);
    return [root, netns, ...probed.map((each) => withVariant(each, variant))];
  } finally {
    if (scratch.fd !== undefined) closeSync(scratch.fd);
  }
}

/**
 * The namespace to try in: this process's own making, or, for an ordinary user, one per command in a user namespace.
 */
function openScratch(): [Capability, Capability, Scratch] {
  const isRoot = process.geteuid?.() === 0;
  const notRoot = { why: `this is user ${process.geteuid?.()}`, remedy: 'run podwire as root: sudo podwire …' };
  const root = capability(
    { id: 'root', title: 'root', neededBy: 'every lab', required: true },
    isRoot ? undefined : notRoot,
  );
  const facts = { id: 'netns', title: 'network namespaces', neededBy: 'every lab', required: true };
  try {
    const fd = openScratchNamespace();
    return [root, capability(facts), { window: (action) => withinDescriptor(fd, action), prefix: [], fd }];
  } catch (error) {
    const why = (error as Error).message;
    const remedy = isRoot
      ? 'a kernel with CONFIG_NET_NS, and CAP_SYS_ADMIN where this runs in a container'
      : notRoot.remedy;
    const prefix = isRoot ? [] : ['unshare', '--user', '--map-root-user', '--net', '--'];
    return [root, capability(facts, { why, remedy }), { window: (action) => action(), prefix }];
  }
}

async function tryOne(scratch: Scratch, probe: Probe): Promise<Capability> {
  const { command, check } = probe;
  if (command === undefined) return capability(probe, checkFailure(scratch, probe, check));
  const [tool] = command.argv;
  if (!isInstalled(tool)) {
    const failures = [
      { why: `${tool} is not installed`, remedy: probe.remedy ?? installCommand(tool) },
      checkFailure(scratch, probe, check),
    ].filter((failure) => failure !== undefined);
    const joined = (key: 'why' | 'remedy', by: string) => failures.map((failure) => failure[key]).join(by);
    return capability(probe, { why: joined('why', '; '), remedy: joined('remedy', '; and ') });
  }
  const { exitCode, stderr } = await runProbe(scratch, command, probe.outside);
  return capability(probe, exitCode === 0 ? undefined : failureOf(scratch, probe, firstLine(stderr, exitCode)));
}

function checkFailure(scratch: Scratch, probe: Probe, check: Probe['check']): Failure | undefined {
  const why = check === undefined ? undefined : scratch.window(check);
  return why === undefined ? undefined : failureOf(scratch, probe, why);
}

/** An ordinary user's attempt may fail where root's would not: then nothing is said of the kernel. */
function failureOf({ prefix }: Scratch, probe: Probe, why: string): Failure {
  if (prefix.length > 0 && !/unknown|not supported|no /i.test(why))
    return { why: `${why} (tried as an ordinary user)`, remedy: 'sudo podwire check', status: 'limited' };
  const remedy = probe.kernel === undefined ? installCommand(probe.command?.argv[0] ?? '') : moduleRemedy(probe.kernel);
  return { why, remedy: probe.remedy ?? remedy };
}

async function runProbe(scratch: Scratch, command: Invocation, outside?: Probe['outside']): Promise<ReadResult> {
  if (outside !== undefined) {
    const asNobody = outside === 'nobody' && process.geteuid?.() === 0;
    const nobody = ['setpriv', '--reuid', `${NOBODY}`, '--regid', `${NOBODY}`, '--clear-groups', '--'];
    return await runToolIn((action) => action(), '', prefixed(asNobody ? nobody : [], command));
  }
  // Only root can make a namespace to find the variant of iptables in.
  if (scratch.fd !== undefined) return await runToolIn(scratch.window, '', await forThisKernel(command));
  return await runToolIn(scratch.window, '', prefixed(scratch.prefix, command));
}

function prefixed(prefix: readonly string[], command: Invocation): Invocation {
  return { ...command, argv: [...prefix, ...command.argv] as [string, ...string[]] };
}

/** `nf_tables` or `legacy`: rules of one kind are invisible to the other. */
async function iptablesVariant(scratch: Scratch): Promise<string | undefined> {
  if (!isInstalled('iptables')) return undefined;
  const { stdout } = await runProbe(scratch, { argv: ['iptables', '--version'] });
  return /\((.*)\)/.exec(stdout)?.[1] ?? 'legacy';
}

function withVariant(each: Capability, variant: string | undefined): Capability {
  return each.id === 'iptables' && variant !== undefined ? { ...each, title: `iptables (${variant})` } : each;
}

function capability({ id, title, neededBy, required = false }: Facts, failure?: Failure): Capability {
  const status = failure === undefined ? 'ok' : 'missing';
  return { id, title, status, neededBy, required, ...failure };
}

function firstLine(stderr: string, exitCode: number): string {
  return stderr.trim().split('\n')[0] || `exit status ${exitCode}`;
}
