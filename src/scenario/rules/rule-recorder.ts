/**
 * What each step of a scenario changes in the kernel's rules: listings of every node before and after, compared. It costs a
 * process a node and a look, so only a report that shows it asks for it.
 */
import type { LabHandle } from '../../lab/lab-handle.ts';
import type { NodeSnapshot } from '../../lab/lab-snapshot.ts';
import { nodeRules } from '../../lab/node-rules.ts';
import { diffSections } from '../../walk/rules/diff-sections.ts';
import type { RuleSection } from '../../walk/rules/rule-section.ts';
import type { Verb } from '../definition/steps.ts';
import type { RulesChanged } from '../events.ts';
import { problemOf } from '../try-step.ts';
import { ruleChanges } from './rule-changes.ts';

/** Steps that only look, and those whose steps within are looked at one by one: rules move meanwhile only if a kube-proxy says so. */
const ONLY_LOOKS: ReadonlySet<Verb> = new Set(['get', 'assert', 'error', 'request', 'resolve', 'trace', 'try', 'load']);
/** A node that is cut off has nothing programmed: its rules are read as they are, before the scenario's own time runs out. */
const PROGRAMMED_MS = 1_000;
const MOST_TRIES = 3;

type RuleLab = Pick<LabHandle, 'kernel' | 'transport' | 'snapshot' | 'programmed'>;

interface Listing {
  /** How far the kube-proxies had come. */
  readonly state: string;
  readonly perNode: ReadonlyMap<string, readonly RuleSection[]>;
}

export class RuleRecorder {
  readonly #lab: RuleLab;
  #former: Listing | undefined;

  constructor(lab: RuleLab) {
    this.#lab = lab;
  }

  /** Remembers the rules as they are. Where they cannot be read, the first step that has any says so. */
  async start(): Promise<void> {
    await this.since('apply');
  }

  /** What changed since the last time; undefined when nothing did. */
  async since(verb: Verb): Promise<RulesChanged | undefined> {
    try {
      if (ONLY_LOOKS.has(verb) && stateOf((await this.#lab.snapshot()).nodes) === this.#former?.state) return undefined;
      const problem = await this.#unprogrammed();
      const former = this.#former;
      this.#former = await list(this.#lab);
      if (former === undefined) return problem === undefined ? undefined : { changes: [], problem };
      const diffs = [...this.#former.perNode].map(
        ([node, sections]) => [node, diffSections(former.perNode.get(node) ?? [], sections)] as const,
      );
      const changes = ruleChanges(new Map(diffs));
      if (problem !== undefined) return { changes, problem };
      return changes.length === 0 ? undefined : { changes };
    } catch (error) {
      return { changes: [], problem: problemOf(error) };
    }
  }

  /** Waits until what was acknowledged is in the kernel; says so where it did not come. */
  async #unprogrammed(): Promise<string | undefined> {
    try {
      await this.#lab.programmed(PROGRAMMED_MS);
      return undefined;
    } catch (error) {
      return problemOf(error);
    }
  }
}

/** All nodes at one moment: again where a kube-proxy moved on meanwhile, since pods become ready whenever they do. */
async function list(lab: RuleLab): Promise<Listing> {
  for (let tries = 1; ; tries += 1) {
    const { nodes } = await lab.snapshot();
    const listings = await Promise.all(nodes.map(async (node) => [node.name, await nodeRules(lab, node)] as const));
    const state = stateOf(nodes);
    if (tries === MOST_TRIES || stateOf((await lab.snapshot()).nodes) === state)
      return { state, perNode: new Map(listings) };
  }
}

function stateOf(nodes: readonly NodeSnapshot[]): string {
  return JSON.stringify(nodes.map(({ name, proxy: { mode, generation } }) => [name, mode, generation]));
}
