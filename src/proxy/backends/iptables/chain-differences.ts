/** How chains that stand differ from those that shall: rule by rule, in their canonical form, and their order where it counts. Pure. */
import { canonicalRule } from './canonical-rule.ts';

/** A chain as it shall be. */
export interface WantedChain {
  /** Rules of a group stand in their order, with those of other groups between them as they came. */
  readonly groups: readonly (readonly string[])[];
  /** Behind all groups. */
  readonly last?: readonly string[];
}

/** Wanted or standing chains by `nat KUBE-SERVICES`; rules are without `-A CHAIN`. */
export type WantedChains = ReadonlyMap<string, WantedChain>;
export type SavedChains = ReadonlyMap<string, readonly string[]>;

/** Reads `iptables-save`: the rules of all chains. */
export function savedChains(save: string): SavedChains {
  const chains = new Map<string, string[]>();
  let table = '';
  for (const line of save.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    else if (line.startsWith(':')) chains.set(`${table} ${line.slice(1, line.indexOf(' '))}`, []);
    else if (line.startsWith('-A ')) {
      const end = line.indexOf(' ', 3);
      const chain = end < 0 ? line.slice(3) : line.slice(3, end);
      chains.get(`${table} ${chain}`)?.push(end < 0 ? '' : line.slice(end + 1));
    }
  }
  return chains;
}

/** Every difference in words; none when all wanted chains stand as they shall. */
export function* chainDifferences(wanted: WantedChains, standing: SavedChains): Generator<string> {
  for (const [chain, { groups, last = [] }] of wanted) {
    const rules = standing.get(chain);
    if (rules === undefined) {
      yield `chain ${chain} is gone`;
      continue;
    }
    const end = Math.max(0, rules.length - last.length);
    for (const difference of mixtureDifferences(groups, rules.slice(0, end))) yield `${chain} ${difference}`;
    for (const difference of mixtureDifferences([last], rules.slice(end))) yield `${chain} ${difference}`;
  }
}

/** Takes the rules one by one, each for the next of a group. */
function* mixtureDifferences(groups: readonly (readonly string[])[], rules: readonly string[]): Generator<string> {
  /** Groups by the rule they wait for, and how far they are. */
  const waiting = new Map<string, number[]>();
  const reached = groups.map(() => 0);
  const wait = (group: number) => {
    const rule = groups[group]![reached[group]!];
    if (rule === undefined) return;
    const form = canonicalRule(rule);
    const others = waiting.get(form);
    if (others === undefined) waiting.set(form, [group]);
    else others.push(group);
  };
  for (const group of groups.keys()) wait(group);
  for (const rule of rules) {
    const group = waiting.get(canonicalRule(rule))?.pop();
    if (group === undefined) {
      yield `has "${rule}"`;
      continue;
    }
    reached[group]! += 1;
    wait(group);
  }
  for (const [group, wanted] of groups.entries()) {
    const missing = wanted[reached[group]!];
    if (missing !== undefined) yield `lacks "${missing}"`;
  }
}
