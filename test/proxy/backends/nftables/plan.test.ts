import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Service } from '../../../../src/objects/wire.ts';
import { nftablesBackend } from '../../../../src/proxy/backends/nftables/backend.ts';
import { observeTable } from '../../../../src/proxy/backends/nftables/listing.ts';
import { planNftables } from '../../../../src/proxy/backends/nftables/plan.ts';
import { expectedOf, type NftablesState, NOTHING } from '../../../../src/proxy/backends/nftables/state.ts';
import { ServicePortTracker } from '../../../../src/proxy/service-port-tracker.ts';
import { applyChange, arbitraryChange } from '../../arbitrary-changes.ts';
import { NODE, service, slice, viewsOf } from '../../fixtures.ts';
import { applied, desired, synced, TWO, texts } from './plans.ts';
import { TableModel } from './table-model.ts';

const EMPTY = planNftables(desired(new Map()), NOTHING).state;

describe('elements that two Services claim', () => {
  const claiming = (name: string, clusterIP: string): Service =>
    service({ clusterIP, externalIPs: ['192.0.2.7'] }, name);
  const slices = ['ns/a', 'ns/b'].map((name) => slice(['10.244.1.2'], { service: name }));
  const both = viewsOf([claiming('ns/b', '172.30.0.2'), claiming('ns/a', '172.30.0.1')], slices);
  const verdict = (model: TableModel) =>
    model.table().sets.get('service-ips')?.elements.get('192.0.2.7 . tcp . 80')?.verdict;

  it('belong to the one whose name comes first, whichever came first', () => {
    const alone = planNftables(desired(viewsOf([claiming('ns/b', '172.30.0.2')], slices)), NOTHING);
    const model = applied(new TableModel(), alone);
    expect(verdict(model)).toMatch(/ns\/b/);
    applied(model, planNftables(desired(both), alone.state));
    expect(verdict(model)).toMatch(/ns\/a/);
    expect(model.dump()).toBe(synced(both).dump());
  });

  it('pass to the other when the first one goes', () => {
    const first = planNftables(desired(both), NOTHING);
    const left = viewsOf([claiming('ns/b', '172.30.0.2')], slices);
    const model = applied(applied(new TableModel(), first), planNftables(desired(left), first.state));
    expect(verdict(model)).toMatch(/ns\/b/);
  });
});

describe('a full sync over what stands', () => {
  it('repairs what was flushed, changed and left over', () => {
    const model = synced(TWO());
    model.apply(
      [
        'add chain ip kube-proxy service-STALE-ns/x/tcp/p',
        'add chain ip kube-proxy endpoint-STALE-ns/x/tcp/p__1/80',
        'add set ip kube-proxy affinity-STALE { type ipv4_addr ; flags dynamic,timeout ; timeout 60s ; }',
        'add rule ip kube-proxy service-STALE-ns/x/tcp/p ip saddr @affinity-STALE goto endpoint-STALE-ns/x/tcp/p__1/80',
        'add element ip kube-proxy service-ips { 172.30.0.99 . tcp . 80 : goto service-STALE-ns/x/tcp/p }',
        'delete element ip kube-proxy service-ips { 172.30.0.41 . tcp . 80 }',
        'add element ip kube-proxy service-ips { 172.30.0.41 . tcp . 80 : drop }',
        'delete element ip kube-proxy cluster-ips { 172.30.0.41 }',
        'flush chain ip kube-proxy services',
        'delete chain ip kube-proxy nat-output',
        'delete chain ip kube-proxy filter-input',
        'add chain ip kube-proxy filter-input { type filter hook input priority 7 ; }',
      ].join('\n'),
    );
    applied(model, planNftables(desired(TWO()), observeTable(model.listing())));
    expect(model.dump()).toBe(synced(TWO()).dump());
  });

  it('leaves elements alone that stand as they should', () => {
    const model = synced(TWO());
    const [text = ''] = texts(planNftables(desired(TWO()), observeTable(model.listing())).batches);
    expect(text).not.toMatch(/^(add|delete) element/m);
  });

  it('follows a change of options', () => {
    const other = { masqueradeAll: true, nodePortIPs: undefined, masqueradeBit: 13 };
    const model = synced(TWO());
    const plan = planNftables(desired(TWO(), other), planNftables(desired(TWO()), NOTHING).state);
    expect(plan.isFull).toBe(true);
    expect(applied(model, plan).dump()).toBe(synced(TWO(), other).dump());
  });
});

describe('what is known of the table', () => {
  it('is the same from a listing as from what was rendered', () => {
    const state = planNftables(desired(TWO()), NOTHING).state;
    if (state.kind !== 'rendered') throw new Error('not rendered');
    expect(observeTable(synced(TWO()).listing())).toEqual(expectedOf(state));
  });

  it('clean-up deletes the table, if there is one', () => {
    expect(nftablesBackend.cleanup(NOTHING, 4)).toEqual([]);
    expect(nftablesBackend.cleanup(EMPTY, 6)).toEqual([{ tool: 'nft', text: 'delete table ip6 kube-proxy\n' }]);
    const model = synced(TWO());
    applied(model, { batches: nftablesBackend.cleanup(EMPTY, 4) });
    expect(model.dump()).toBe('');
  });
});

describe('any sequence of changes', () => {
  it.each(['6.1.0', '6.2.0'])('gives the table of one full sync of the end state, in kernel %s', (kernelRelease) => {
    fc.assert(
      fc.property(fc.array(arbitraryChange, { maxLength: 25 }), (changes) => {
        const tracker = new ServicePortTracker({ nodeName: NODE, family: 4 });
        const model = new TableModel();
        let state: NftablesState = NOTHING;
        const sync = () => {
          const plan = planNftables(desired(tracker.update().views, { kernelRelease }), state);
          applied(model, plan);
          state = plan.state;
        };
        for (const change of changes) {
          if (applyChange(tracker, change)) continue;
          if (change.kind === 'lost') state = observeTable(model.listing());
          else sync();
        }
        sync();
        expect(model.dump()).toBe(synced(tracker.update().views).dump());
      }),
      { numRuns: 300 },
    );
  });
});
