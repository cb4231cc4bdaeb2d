/** Changes of Services as the input of `iptables-restore`: their own chains, and single dispatch rules. Pure. */
import type { Chain } from './fixed-chains.ts';
import { chunksOf, transaction } from './restore-text.ts';
import type { DispatchRule, ServiceRules } from './service-rules.ts';

/** Services per transaction: one of iptables-nft costs far more than linearly (measured in test/bench). */
export const SERVICES_PER_TRANSACTION = 250;

/** A view before and after; undefined where there is none. */
export interface ServiceChange {
  readonly before: ServiceRules | undefined;
  readonly after: ServiceRules | undefined;
}

/** The input for `changes`: filter refusals come before, and go after, what nat does, so that no packet slips between. */
export function changeText(changes: readonly ServiceChange[]): string {
  return chunksOf(changes, SERVICES_PER_TRANSACTION).map(chunkText).join('');
}

function chunkText(changes: readonly ServiceChange[]): string {
  const inserts = { filter: [] as string[], nat: [] as string[] };
  const deletes = { filter: [] as string[], nat: [] as string[] };
  const chains: Chain[] = [];
  const remove: string[] = [];
  for (const { before, after } of changes) {
    const old = new Map(before?.chains.map((chain) => [chain.name, chain]));
    for (const chain of after?.chains ?? []) {
      const previous = old.get(chain.name);
      if (previous === undefined || !hasSameRules(previous, chain)) chains.push(chain);
      old.delete(chain.name);
    }
    remove.push(...old.keys());
    const added = missingFrom(after?.dispatch, before?.dispatch);
    const again = overtaken(after?.dispatch, added);
    for (const rule of [...missingFrom(before?.dispatch, after?.dispatch), ...again])
      deletes[rule.table].push(`-D ${rule.chain} ${rule.rule}`);
    const inserted = new Set([...added, ...again]);
    // At the head, the first one last: the last rule of KUBE-SERVICES must stay last.
    for (const rule of after?.dispatch.toReversed() ?? [])
      if (inserted.has(rule)) inserts[rule.table].push(`-I ${rule.chain} ${rule.rule}`);
  }
  return [
    transaction('filter', { commands: inserts.filter }),
    transaction('nat', { chains, commands: [...deletes.nat, ...inserts.nat], remove }),
    transaction('filter', { commands: deletes.filter }),
  ].join('');
}

function hasSameRules(a: Chain, b: Chain): boolean {
  return a.rules.length === b.rules.length && a.rules.every((rule, index) => rule === b.rules[index]);
}

/** The rules of `a` that `b` has not, or not so often: an address may be an external IP and the load balancer's too. */
function missingFrom(a: readonly DispatchRule[] = [], b: readonly DispatchRule[] = []): DispatchRule[] {
  const left = [...b];
  return a.filter((rule) => {
    const index = left.findIndex(
      (other) => rule.rule === other.rule && rule.chain === other.chain && rule.table === other.table,
    );
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

/** Rules that stand and would come behind one of `added` that they decide before. (Those of filter have one target.) */
function overtaken(rules: readonly DispatchRule[] = [], added: readonly DispatchRule[]): DispatchRule[] {
  const isNew = new Set(added);
  return rules.filter(
    (rule, index) =>
      rule.table === 'nat' &&
      !isNew.has(rule) &&
      rules.slice(index + 1).some((later) => isNew.has(later) && later.match === rule.match),
  );
}
