import { beforeEach, describe, expect, it } from 'vitest';
import type { Batch } from '../../../src/kernel/kernel.ts';
import { RecordingKernel } from '../../../src/kernel/recording-kernel.ts';
import type { RelayPorts, RelaySpec } from '../../../src/proxy/backends/userspace/relays.ts';
import type { RelayAccess } from '../../../src/proxy/userspace/relay-client.ts';
import { UserspaceRules } from '../../../src/proxy/userspace/userspace-rules.ts';
import { RuleModel, saveOf } from '../backends/iptables/rule-model.ts';
import { textOf } from '../backends/userspace/rules-under-test.ts';
import { FACTS_4, service, slice, viewsOf } from '../fixtures.ts';

/** What happened, in its order, to relays and rules. */
let events: string[];
let model: RuleModel;
let isTaken: boolean;

class FakeRelays implements RelayAccess {
  generation = 0;
  readonly open_ = new Map<string, number>();
  #next = 40_001;

  async open(_group: unknown, relays: readonly RelaySpec[]): Promise<RelayPorts> {
    const ports = new Map<string, number>();
    for (const { key, endpoints, port } of relays) {
      const given = this.open_.get(key) ?? (isTaken ? undefined : port) ?? this.#next++;
      this.open_.set(key, given);
      ports.set(key, given);
      events.push(`open ${key} ${given} → ${endpoints.map(({ ip }) => ip).join(' ')}`);
    }
    return ports;
  }

  async close(_group: unknown, keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      this.open_.delete(key);
      events.push(`close ${key}`);
    }
  }

  async keep(_group: unknown, keys: readonly string[]): Promise<void> {
    await this.close(
      undefined,
      [...this.open_.keys()].filter((key) => !keys.includes(key)),
    );
  }

  onLost(): void {}
}

class ModelKernel extends RecordingKernel {
  constructor() {
    super(() => ({ stdout: saveOf(model), stderr: '', exitCode: 0 }));
  }

  override async run(_netns: string, batches: readonly Batch[]): Promise<void> {
    events.push('rules');
    for (const batch of batches) if (batch.tool === 'iptables-restore') model.restore(textOf([batch]));
  }
}

let relays: FakeRelays;
let rules: UserspaceRules;

beforeEach(() => {
  events = [];
  isTaken = false;
  model = new RuleModel();
  relays = new FakeRelays();
  rules = new UserspaceRules(new ModelKernel(), 't.node-1', FACTS_4, relays);
});

const WEB = service({ clusterIP: '10.96.0.1' }, 'ns/web');
const API = service({ clusterIP: '10.96.0.2' }, 'ns/api');
const oneView = viewsOf([WEB], [slice(['10.244.1.2'], { service: 'ns/web' })]);

describe('mode userspace on a node', () => {
  it('opens relays before rules lead to them, and closes them when none does', async () => {
    await rules.sync(oneView);
    expect(events).toEqual(['open ns/web:p80/TCP 40001 → 10.244.1.2', 'rules']);
    events = [];
    await rules.sync(viewsOf([API]));
    expect(events).toEqual(['open ns/api:p80/TCP 40002 → ', 'rules', 'close ns/web:p80/TCP']);
    expect(model.dump()).not.toContain('40001');
  });

  it('tells the relay of other endpoints, and writes no rule', async () => {
    await rules.sync(oneView);
    events = [];
    await rules.sync(viewsOf([WEB], [slice(['10.244.2.2'], { service: 'ns/web' })]));
    expect(events).toEqual(['open ns/web:p80/TCP 40001 → 10.244.2.2']);
  });

  it('does nothing for the same views', async () => {
    await rules.sync(oneView);
    events = [];
    await rules.sync(oneView);
    expect(events).toEqual([]);
  });

  it('opens all relays again, on their ports, when the process has died', async () => {
    await rules.sync(oneView);
    expect(await rules.check()).toBeUndefined();
    relays.open_.clear();
    relays.generation += 1;
    expect(await rules.check()).toBe('the relays have been started anew');
    events = [];
    await rules.sync(oneView);
    expect(events).toEqual(['open ns/web:p80/TCP 40001 → 10.244.1.2']);
    expect(await rules.check()).toBeUndefined();
  });

  it('follows a relay that could not have its port again', async () => {
    await rules.sync(oneView);
    relays.open_.clear();
    relays.generation += 1;
    isTaken = true;
    await rules.sync(oneView);
    expect(model.dump()).toContain('--to-ports 40002');
    expect(model.dump()).not.toContain('--to-ports 40001');
  });

  it('closes what a former daemon left open for nobody', async () => {
    relays.open_.set('ns/gone:p80/TCP', 39_999);
    await rules.sync(oneView);
    expect(events).toEqual(['open ns/web:p80/TCP 40001 → 10.244.1.2', 'rules', 'close ns/gone:p80/TCP']);
  });

  it('takes rules away before relays at the end', async () => {
    await rules.sync(oneView);
    events = [];
    await rules.cleanup();
    expect(events).toEqual(['rules', 'close ns/web:p80/TCP']);
    expect(model.dump()).toBe(new RuleModel().dump());
  });
});
