/**
 * The rules of one namespace in each backend, through kube-proxy's own planner and applier; and the bare tools with the
 * very commands and texts these give them.
 */
import { hasFailed, type Invocation, invocationOf } from '../../src/kernel/invocation.ts';
import type { Batch, Netns, ReadResult } from '../../src/kernel/kernel.ts';
import { KernelError } from '../../src/kernel/kernel-error.ts';
import { LinuxKernel } from '../../src/kernel/linux-kernel.ts';
import type { ProxyMode } from '../../src/objects/proxy-mode.ts';
import type { ServicePortViews } from '../../src/objects/service-port-view.ts';
import { nodeRules } from '../../src/proxy/node-rules.ts';
import { FACTS } from './generated-services.ts';
import { withNamespaces } from './measure.ts';
import { withRelays } from './peers.ts';

/** What a sync asks of the kernel and what it writes, as the tools are told. */
export interface Commands {
  readonly questions: readonly Invocation[];
  readonly writes: readonly Invocation[];
}

/** A kernel that can be told to note what it is to run, for somebody else to run. */
class NotingKernel extends LinuxKernel {
  noted: { readonly questions: Invocation[]; readonly writes: Invocation[] } | undefined;

  override async run(netns: Netns, batches: readonly Batch[]): Promise<void> {
    if (this.noted === undefined) await super.run(netns, batches);
    else this.noted.writes.push(...batches.map(invocationOf));
  }

  override async read(netns: Netns, argv: readonly [string, ...string[]], stdin?: string): Promise<ReadResult> {
    this.noted?.questions.push({ argv });
    return await super.read(netns, argv, stdin);
  }
}

export interface RulesInMode {
  readonly kernel: LinuxKernel;
  /** Observe (the first time), plan, apply: what kube-proxy does. */
  sync(views: ServicePortViews): Promise<void>;
  /** The same, but nothing is written: `runBare` of what it gives must come next. */
  plan(views: ServicePortViews): Promise<Commands>;
}

/** Rules of a fresh namespace, gone with all relays whatever happens. */
export function withRules<T>(mode: ProxyMode, netns: Netns, action: (rules: RulesInMode) => Promise<T>): Promise<T> {
  const kernel = new NotingKernel();
  return withNamespaces(kernel, [netns], () =>
    withRelays(async (relays) => {
      // The process that relays is there before anything is measured.
      if (mode === 'userspace') await relays.keep({ netns, family: FACTS.family }, []);
      const rules = nodeRules(mode, { kernel, netns, relays }, FACTS);
      const sync = async (views: ServicePortViews) => void (await rules.sync(views));
      const plan = async (views: ServicePortViews) => {
        const noted = { questions: [], writes: [] };
        kernel.noted = noted;
        try {
          await rules.sync(views);
        } finally {
          kernel.noted = undefined;
        }
        return noted;
      };
      return await action({ kernel, sync, plan });
    }),
  );
}

/** Tools in place of others: `iptables-legacy-restore` for `iptables-restore`. */
export type OtherTools = Readonly<Record<string, string>>;

/** The legacy variant of iptables. */
export const LEGACY: OtherTools = { 'iptables-restore': 'iptables-legacy-restore' };

/** Runs the tools one after the other, as a shell would. Throws when one fails. */
export async function runBare(
  kernel: LinuxKernel,
  netns: Netns,
  commands: readonly Invocation[],
  others: OtherTools = {},
): Promise<void> {
  for (const command of commands) {
    const [name, ...args] = command.argv;
    const argv: [string, ...string[]] = [others[name] ?? name, ...args];
    const result = await kernel.read(netns, argv, command.stdin);
    if (hasFailed(command, result))
      throw new KernelError({ netns, tool: argv[0], line: argv.join(' '), stderr: result.stderr });
  }
}
