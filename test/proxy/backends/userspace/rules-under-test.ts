/** The userspace backend for tests: relays whose ports count from 40001, and the model of the rules it writes. */
import type { Batch } from '../../../../src/kernel/kernel.ts';
import type { ServicePortViews } from '../../../../src/objects/service-port-view.ts';
import type { Desired, ProxyFacts } from '../../../../src/proxy/backends/backend.ts';
import { planUserspace } from '../../../../src/proxy/backends/userspace/plan.ts';
import { relaysOf } from '../../../../src/proxy/backends/userspace/relays.ts';
import { observeSave, type UserspaceState } from '../../../../src/proxy/backends/userspace/state.ts';
import { FACTS_4 } from '../../fixtures.ts';
import { RuleModel } from '../iptables/rule-model.ts';

export const EMPTY: UserspaceState = observeSave('');

/** Gives every relay a port for as long as it lives, as the relay process does. */
export class Ports {
  readonly #given = new Map<string, number>();
  #next = 40_001;

  for(views: ServicePortViews): Map<string, number> {
    const ports = new Map<string, number>();
    for (const { key } of [...views.values()].flatMap(relaysOf)) {
      const port = this.#given.get(key) ?? this.#next++;
      this.#given.set(key, port);
      ports.set(key, port);
    }
    return ports;
  }

  /** The relay behind a port. */
  keyOf(port: number): string | undefined {
    return [...this.#given].find(([, given]) => given === port)?.[0];
  }
}

export function desired(views: ServicePortViews, ports = new Ports(), facts: Partial<ProxyFacts> = {}): Desired {
  return { views, facts: { ...FACTS_4, ...facts }, relayPorts: ports.for(views) };
}

/** The texts of batches, commands as their words. */
export function textOf(batches: readonly Batch[]): string {
  return batches
    .map((batch) => {
      if (batch.tool === 'iptables-restore') return batch.text;
      return batch.tool === 'command' ? `${batch.argv.join(' ')}\n` : '';
    })
    .join('');
}

/** The rules of one full sync into an empty kernel. */
export function synced(wanted: Desired): RuleModel {
  const model = new RuleModel();
  for (const batch of planUserspace(wanted, EMPTY).batches)
    if (batch.tool === 'iptables-restore') model.restore(batch.text);
  return model;
}
