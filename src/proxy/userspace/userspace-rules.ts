/**
 * One node's relays and rules of one family in mode userspace: relays are open before a rule leads to them, and are closed
 * when none does any more. A change of endpoints alone changes no rule: the relays are told.
 */
import type { Kernel, Netns } from '../../kernel/kernel.ts';
import type { ServicePortViews } from '../../objects/service-port-view.ts';
import type { ProxyFacts } from '../backends/backend.ts';
import { changedKeys } from '../backends/changed-keys.ts';
import type { KeptRules } from '../backends/kept-rules.ts';
import { userspaceBackend } from '../backends/userspace/backend.ts';
import { type RelayPorts, type RelaySpec, relaysOf } from '../backends/userspace/relays.ts';
import type { UserspaceState } from '../backends/userspace/state.ts';
import { RuleSync, type SyncFailure, type SyncResult } from '../rule-sync.ts';
import type { RelayGroup } from './protocol.ts';
import type { RelayAccess } from './relay-client.ts';

export class UserspaceRules {
  readonly #rules: RuleSync<UserspaceState>;
  readonly #relays: RelayAccess;
  readonly #group: RelayGroup;
  /** Views whose relays have been told of them; undefined: not known what is open. */
  #told: ServicePortViews | undefined;
  #generation = -1;
  #ports: RelayPorts = new Map();

  constructor(kernel: Kernel, netns: Netns, facts: ProxyFacts, relays: RelayAccess) {
    this.#rules = new RuleSync(kernel, netns, userspaceBackend, facts);
    this.#relays = relays;
    this.#group = { netns, family: facts.family };
  }

  get facts(): ProxyFacts {
    return this.#rules.facts;
  }

  set facts(facts: ProxyFacts) {
    this.#rules.facts = facts;
  }

  get rules(): KeptRules {
    return this.#rules.rules;
  }

  get failure(): SyncFailure | undefined {
    return this.#rules.failure;
  }

  prepare(): Promise<void> {
    return this.#rules.prepare();
  }

  /** Throws when a relay cannot be opened or a rule not be written; then the next call begins anew. */
  async sync(views: ServicePortViews): Promise<SyncResult> {
    const told = this.#generation === this.#relays.generation ? this.#told : undefined;
    this.#told = undefined;
    this.#generation = this.#relays.generation;
    const gone = await this.#open(told, views);
    const result = await this.#rules.sync(views, this.#ports);
    if (told === undefined) await this.#relays.keep(this.#group, [...this.#ports.keys()]);
    else await this.#relays.close(this.#group, gone);
    this.#told = views;
    return result;
  }

  async check(): Promise<string | undefined> {
    const lost = await this.#rules.check();
    return lost ?? (this.#generation === this.#relays.generation ? undefined : 'the relays have been started anew');
  }

  forget(): void {
    this.#rules.forget();
  }

  prepareToLeave(): Promise<void> {
    return this.#rules.prepareToLeave();
  }

  stay(): Promise<void> {
    return this.#rules.stay();
  }

  retire(kept: KeptRules): Promise<void> {
    return this.#rules.retire(kept);
  }

  retireLeft(kept: KeptRules): Promise<void> {
    return this.#rules.retireLeft(kept);
  }

  /** Relays are closed when nobody waits for their answers; each goes on with the connections it has accepted. */
  async settle(isLate: boolean): Promise<number> {
    const left = await this.#rules.settle(isLate);
    if (left === 0) await this.#closeAll();
    return left;
  }

  async cleanup(kept?: KeptRules): Promise<void> {
    await this.#rules.cleanup(kept);
    await this.#closeAll();
  }

  async #closeAll(): Promise<void> {
    this.#told = undefined;
    this.#ports = new Map();
    await this.#relays.keep(this.#group, []);
  }

  /** Opens what `views` need; gives the keys of relays that are needed no more. */
  async #open(told: ServicePortViews | undefined, views: ServicePortViews): Promise<string[]> {
    const before: ServicePortViews = told ?? new Map();
    const keys = changedKeys(before, views);
    const relaysIn = (some: ServicePortViews) =>
      keys.flatMap((key) => {
        const view = some.get(key);
        return view === undefined ? [] : relaysOf(view);
      });
    const changed = relaysIn(views);
    const left = relaysIn(before);
    const wanted = new Set(changed.map(({ key }) => key));
    const gone = left.map(({ key }) => key).filter((key) => !wanted.has(key));
    const opened = await this.#relays.open(
      this.#group,
      changed.map((spec) => this.#withFormerPort(spec)),
    );
    this.#ports = this.#portsAfter(told === undefined, gone, opened);
    return gone;
  }

  #withFormerPort(spec: RelaySpec): RelaySpec {
    const port = this.#ports.get(spec.key);
    return port === undefined ? spec : { ...spec, port };
  }

  /** The same map while no port is another: then no rule can be. */
  #portsAfter(isAnew: boolean, gone: readonly string[], opened: RelayPorts): RelayPorts {
    const isKept = !isAnew && gone.length === 0 && [...opened].every(([key, port]) => this.#ports.get(key) === port);
    if (isKept) return this.#ports;
    const ports = new Map(isAnew ? [] : this.#ports);
    for (const key of gone) ports.delete(key);
    for (const [key, port] of opened) ports.set(key, port);
    const isSame = ports.size === this.#ports.size && [...ports].every(([key, port]) => this.#ports.get(key) === port);
    return isSame ? this.#ports : ports;
  }
}
