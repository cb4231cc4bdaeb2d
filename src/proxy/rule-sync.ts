/**
 * Brings one node's rules of one family up to its views: plan, run, remember. What the kernel holds is remembered from
 * the last success, and read anew after a start, a failure or a flush.
 */
import type { Kernel, Netns } from '../kernel/kernel.ts';
import { KernelError } from '../kernel/kernel-error.ts';
import type { ServicePortViews } from '../objects/service-port-view.ts';
import type { ProxyBackend, ProxyFacts } from './backends/backend.ts';
import { conntrackListing, mayLeaveStaleFlows, planStaleFlows } from './stale-conntrack.ts';

export class RuleSync<State> {
  readonly #kernel: Kernel;
  readonly #netns: Netns;
  readonly #backend: ProxyBackend<State>;
  readonly facts: ProxyFacts;
  /** Undefined: not known, to be read from the kernel. */
  #state: State | undefined;
  #views: ServicePortViews = new Map();

  constructor(kernel: Kernel, netns: Netns, backend: ProxyBackend<State>, facts: ProxyFacts) {
    this.#kernel = kernel;
    this.#netns = netns;
    this.#backend = backend;
    this.facts = facts;
  }

  /** Reads what stands, ahead of the first `sync`, which is then spared the wait. */
  async prepare(): Promise<void> {
    this.#state = await this.#observe();
  }

  /** Writes what differs. Throws `KernelError`; then the next call is a full sync. */
  async sync(views: ServicePortViews): Promise<{ readonly isFull: boolean; readonly ran: number }> {
    const previous = this.#state ?? (await this.#observe());
    this.#state = undefined;
    const plan = this.#backend.plan({ views, facts: this.facts }, previous);
    if (plan.batches.length > 0) await this.#kernel.run(this.#netns, plan.batches);
    await this.#removeStaleFlows(views);
    this.#state = plan.state;
    this.#views = views;
    return { isFull: plan.isFull, ran: plan.batches.length };
  }

  /** False when rules are gone that should stand; then the next `sync` is a full one. */
  async check(): Promise<boolean> {
    if (this.#state === undefined) return true;
    for (const { argv, contains } of this.#backend.probes(this.facts.family)) {
      const { exitCode, stdout } = await this.#kernel.read(this.#netns, argv);
      if (exitCode === 0 && stdout.includes(contains)) continue;
      this.#state = undefined;
      return false;
    }
    return true;
  }

  async cleanup(): Promise<void> {
    const state = await this.#observe();
    this.#state = undefined;
    await this.#kernel.run(this.#netns, this.#backend.cleanup(state, this.facts.family));
  }

  async #observe(): Promise<State> {
    const argv = this.#backend.observe(this.facts.family);
    const { exitCode, stdout, stderr } = await this.#kernel.read(this.#netns, argv);
    if (exitCode !== 0 && this.#backend.nothingStands?.test(stderr) !== true)
      throw new KernelError({ netns: this.#netns, tool: argv[0], line: argv.join(' '), stderr });
    return this.#backend.observed(stdout, this.facts.family);
  }

  /** After the rules: a flow removed earlier would come back by the old ones. */
  async #removeStaleFlows(views: ServicePortViews): Promise<void> {
    if (views === this.#views) return;
    let isDue = false;
    for (const [key, view] of views) isDue ||= mayLeaveStaleFlows(this.#views.get(key), view);
    if (!isDue) return;
    const { stdout } = await this.#kernel.read(this.#netns, conntrackListing(this.facts.family));
    const batches = planStaleFlows(stdout, views, this.facts.family);
    if (batches.length > 0) await this.#kernel.run(this.#netns, batches);
  }
}
