/**
 * Brings one node's rules of one family up to its views: plan, run, remember. What the kernel holds is remembered from
 * the last success, and read anew after a start, a failure or a flush.
 */
import { hash } from 'node:crypto';
import type { Batch, Kernel, Netns } from '../kernel/kernel.ts';
import { KernelError } from '../kernel/kernel-error.ts';
import type { ServicePortViews } from '../objects/service-port-view.ts';
import type { Answers, Command, Desired, Plan, ProxyBackend, ProxyFacts } from './backends/backend.ts';
import { changedKeys } from './backends/changed-keys.ts';
import { type KeptRules, NOTHING_KEPT } from './backends/kept-rules.ts';
import { type RelayPorts, udpPorts } from './backends/userspace/relays.ts';
import { writtenRules } from './rule-counts.ts';
import { conntrackListing, mayLeaveStaleFlows, planStaleFlows } from './stale-conntrack.ts';

const NO_RELAYS: RelayPorts = new Map();
/** With more than these a listing takes a second: then every tenth check looks at all, the others by probes alone. */
const MANY_VIEWS = 1_000;
const CHECKS_PER_LOOK = 10;

export interface SyncResult {
  readonly isFull: boolean;
  /** Batches that ran. */
  readonly ran: number;
  /** Rules written, by table of iptables. */
  readonly written: Readonly<Record<string, number>>;
  /** True when a further sync of the same views will have something to do. */
  readonly isUnfinished: boolean;
  /** The look for stale flows, where one was due. */
  readonly flows?: FlowCleanup;
}

export interface FlowCleanup {
  readonly seconds: number;
  readonly removed: number;
}

/** What is known of a sync that failed. */
export interface SyncFailure {
  readonly isFull: boolean;
  /** Only the removal of what nothing leads to any more. */
  readonly isCleanup: boolean;
}

export class RuleSync<State> {
  readonly #kernel: Kernel;
  readonly #netns: Netns;
  readonly #backend: ProxyBackend<State>;
  /** May be replaced; the next `sync` goes by the new ones. */
  facts: ProxyFacts;
  /** Undefined: not known, to be read from the kernel. */
  #state: State | undefined;
  /** How often rules were found lost; when that happens during a sync, what it wrote is not to be relied on. */
  #losses = 0;
  /** How often something was written. */
  #writes = 0;
  #views: ServicePortViews = new Map();
  #relayPorts: RelayPorts = NO_RELAYS;
  #failure: SyncFailure | undefined;
  #checks = 0;
  /** What stood at the last look, when it was whole. */
  #found: { readonly state: State; readonly print: string } | undefined;
  /** What the last look took for losses; looked for again when all is written anew. */
  #suspects: ReadonlySet<string> = new Set();
  /** Differences that were there still: the kernel's tools print a rule otherwise than is known here. */
  #accepted: ReadonlySet<string> = new Set();
  /** What stood when these rules retired; what connections under way needed at the last look. */
  #retired: State | undefined;
  #needed: string | undefined;

  constructor(kernel: Kernel, netns: Netns, backend: ProxyBackend<State>, facts: ProxyFacts) {
    this.#kernel = kernel;
    this.#netns = netns;
    this.#backend = backend;
    this.facts = facts;
  }

  /** What other backends' clean-up must leave alone. */
  get rules(): KeptRules {
    return this.#backend.rules ?? NOTHING_KEPT;
  }

  /** Of the last `sync`; undefined when it succeeded, or failed before it had a plan. */
  get failure(): SyncFailure | undefined {
    return this.#failure;
  }

  /** Reads what stands, ahead of the first `sync`, which is then spared the wait. */
  async prepare(): Promise<void> {
    this.#state = await this.#observe();
  }

  /** Writes what differs. Throws `KernelError`; then the next call is a full sync. `relayPorts`: of mode userspace. */
  async sync(views: ServicePortViews, relayPorts: RelayPorts = NO_RELAYS): Promise<SyncResult> {
    this.#failure = undefined;
    const losses = this.#losses;
    const previous = this.#state ?? (await this.#observe());
    const desired = { views, facts: this.facts, relayPorts };
    const plan = this.#backend.plan(desired, previous, await this.#ask(desired, previous));
    if (plan.batches.length > 0) {
      this.#state = undefined;
      this.#writes += 1;
      await this.#write(plan);
    }
    const flows = await this.#removeStaleFlows(views, relayPorts);
    if (this.#suspects.size > 0) await this.#acceptStanding(plan.state);
    this.#state = losses === this.#losses ? plan.state : undefined;
    this.#views = views;
    this.#relayPorts = relayPorts;
    const { batches, isFull, isUnfinished = false } = plan;
    const result = { isFull, ran: batches.length, written: writtenRules(batches), isUnfinished };
    return flows === undefined ? result : { ...result, flows };
  }

  async #write({ batches, isFull }: Plan<State>): Promise<void> {
    try {
      await this.#kernel.run(this.#netns, batches);
    } catch (error) {
      this.#failure = { isFull, isCleanup: error instanceof KernelError && this.#isCleanup(batches, error.line) };
      throw error;
    }
  }

  /** True when the batch whose line failed only removes what nothing leads to any more. */
  #isCleanup(batches: readonly Batch[], failed: string): boolean {
    const { cleanupLine } = this.#backend;
    if (cleanupLine?.test(failed) !== true) return false;
    const lines = batches.map((batch) => (batch.tool === 'nft' ? batch.text.trimEnd().split('\n') : []));
    return lines.find((each) => each.includes(failed))?.every((line) => cleanupLine.test(line)) === true;
  }

  /** What is not as it was written, in words; then the next `sync` is a full one. Undefined: all is. */
  async check(): Promise<string | undefined> {
    const [state, writes] = [this.#state, this.#writes];
    if (state === undefined) return undefined;
    this.#checks += 1;
    const isDue = this.#views.size <= MANY_VIEWS || this.#checks % CHECKS_PER_LOOK === 0;
    if (isDue) {
      const lost = await this.#differences(state);
      // What was written meanwhile may stand in the listings in part.
      if (this.#writes !== writes) return undefined;
      if (lost.length > 0) {
        this.#suspects = new Set(lost);
        this.forget();
        return lost[0];
      }
    }
    for (const { argv, contains } of this.#backend.probes(this.facts.family)) {
      const { exitCode, stdout } = await this.#kernel.read(this.#netns, argv);
      if (exitCode === 0 && stdout.includes(contains)) continue;
      this.forget();
      return `"${argv.join(' ')}" does not show "${contains}"`;
    }
    return undefined;
  }

  /** Nothing is compared while nobody, this proxy neither, has written since the last look that found none. */
  async #differences(state: State): Promise<string[]> {
    const listings = await this.#listings();
    const print = printOf(listings);
    if (this.#found?.state === state && this.#found.print === print) return [];
    const all = [...this.#backend.differences(state, listings, this.facts.family)];
    // What goes and comes back is looked at anew.
    this.#accepted = new Set(all.filter((difference) => this.#accepted.has(difference)));
    const lost = all.filter((difference) => !this.#accepted.has(difference));
    this.#found = lost.length === 0 ? { state, print } : undefined;
    return lost;
  }

  /** What was no loss would be one at every look, and everything be written each time. */
  async #acceptStanding(state: State): Promise<void> {
    const left = await this.#differences(state);
    this.#accepted = new Set([...this.#accepted, ...left.filter((difference) => this.#suspects.has(difference))]);
    this.#suspects = new Set();
  }

  /** Somebody else has written where this did: the next `sync` is a full one. */
  forget(): void {
    this.#losses += 1;
    this.#state = undefined;
  }

  /** Before another backend's rules are written in the place of these. */
  async prepareToLeave(): Promise<void> {
    const { departure } = this.#backend;
    if (departure === undefined) return;
    await this.#kernel.run(this.#netns, departure.prepare(await this.#observe(), this.facts));
  }

  /** They could not be written: these stay. */
  async stay(): Promise<void> {
    this.forget();
    const { departure } = this.#backend;
    if (departure === undefined) return;
    await this.#kernel.run(this.#netns, departure.stay(await this.#observe(), this.facts));
  }

  /** They are: nothing new comes here any more. Removes these, but for what connections under way need: see `settle`. */
  async retire(kept: KeptRules): Promise<void> {
    const { departure } = this.#backend;
    if (departure === undefined) return await this.cleanup(kept);
    const state = await this.#observe();
    this.#retired = state;
    this.#state = undefined;
    await this.#kernel.run(this.#netns, departure.retire(state, this.facts.family, kept));
  }

  /** What a former kube-proxy has left retires, however far that had come. */
  async retireLeft(kept: KeptRules): Promise<void> {
    const { departure } = this.#backend;
    if (departure === undefined) return await this.cleanup(kept);
    const state = await this.#observe();
    this.#retired = state;
    await this.#kernel.run(this.#netns, [
      ...departure.stay(state, this.facts),
      ...departure.prepare(state, this.facts),
      ...departure.retire(state, this.facts.family, kept),
    ]);
  }

  /**
   * Behind them: removes what no connection needs any more; gives the number of those that are left. With 0 nothing is. `isLate`: see
   * `Waiting`.
   */
  async settle(isLate: boolean): Promise<number> {
    const { departure } = this.#backend;
    const retired = this.#retired;
    if (departure === undefined || retired === undefined) return 0;
    const { facts } = this;
    const { commands, read } = departure.underWay;
    const underWay = read(await this.#readAll(commands(facts.family)), { retired, facts, isLate });
    const needed = [...underWay.keys()].sort().join();
    if (needed !== this.#needed) {
      const standing = await this.#observe();
      await this.#kernel.run(this.#netns, departure.settle({ retired, standing, underWay, facts }));
    }
    this.#needed = needed;
    return [...underWay.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Removes everything but what is another backend's by now (`kept`, its `rules`). */
  async cleanup(kept: KeptRules = NOTHING_KEPT): Promise<void> {
    const state = await this.#observe();
    this.#state = undefined;
    await this.#kernel.run(this.#netns, this.#backend.cleanup(state, this.facts.family, kept));
  }

  async #observe(): Promise<State> {
    return this.#backend.observed(await this.#listings(), this.facts.family);
  }

  #listings(): Promise<string[]> {
    return this.#readAll(this.#backend.observe(this.facts.family));
  }

  #readAll(commands: readonly Command[]): Promise<string[]> {
    const { nothingStands } = this.#backend;
    return Promise.all(commands.map((argv) => this.#read(argv, nothingStands)));
  }

  async #ask(desired: Desired, previous: State): Promise<Answers> {
    const { nothingStands } = this.#backend;
    const questions = this.#backend.questions?.(desired, previous) ?? [];
    const ask = async (argv: Command) => [argv.join(' '), await this.#read(argv, nothingStands)] as const;
    return new Map(await Promise.all(questions.map(ask)));
  }

  async #read(argv: Command, nothingStands?: RegExp): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#kernel.read(this.#netns, argv);
    if (exitCode === 0) return stdout;
    if (nothingStands?.test(stderr) === true) return '';
    throw new KernelError({ netns: this.#netns, tool: argv[0], line: argv.join(' '), stderr });
  }

  /** After the rules: a flow removed earlier would come back by the old ones. */
  async #removeStaleFlows(views: ServicePortViews, relayPorts: RelayPorts): Promise<FlowCleanup | undefined> {
    if (views === this.#views && relayPorts === this.#relayPorts) return undefined;
    const { family } = this.facts;
    const ports = new Set(udpPorts(views, relayPorts));
    const formerPorts = udpPorts(this.#views, this.#relayPorts);
    let isDue = ports.size !== formerPorts.length || formerPorts.some((port) => !ports.has(port));
    for (const key of changedKeys(this.#views, views))
      isDue ||= mayLeaveStaleFlows(this.#views.get(key), views.get(key));
    if (!isDue) return undefined;
    const start = performance.now();
    const { stdout } = await this.#kernel.read(this.#netns, conntrackListing(family));
    const { batches, count } = planStaleFlows(stdout, views, family, ports);
    if (batches.length > 0) await this.#kernel.run(this.#netns, batches);
    return { seconds: (performance.now() - start) / 1000, removed: count };
  }
}

/** Says of listings whether they are the same, but for the time and the counters of packets that iptables-save prints. */
function printOf(listings: readonly string[]): string {
  return hash('sha1', listings.join('\n').replace(/^#.*\n|\[\d+:\d+\]$/gm, ''));
}
