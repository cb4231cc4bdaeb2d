import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { nftablesBackend } from '../../../src/proxy/backends/nftables/backend.ts';
import { observeTable } from '../../../src/proxy/backends/nftables/listing.ts';
import { planNftables } from '../../../src/proxy/backends/nftables/plan.ts';
import { expectedOf, type NftablesState, NOTHING } from '../../../src/proxy/backends/nftables/state.ts';
import { ServicePortTracker } from '../../../src/proxy/service-port-tracker.ts';
import { applyChange, arbitraryChange } from '../../proxy/arbitrary-changes.ts';
import { arbitraryDesired } from '../../proxy/arbitrary-cluster.ts';
import { desired, FACTS_6, NODE, service, slice, viewsOf } from '../../proxy/fixtures.ts';
import { scratch } from '../scratch.ts';

const lab = scratch();
const OPTIONS = { nodePortIPs: ['192.168.1.11'], serviceCIDRs: ['10.96.0.0/12'] };
let netns: string;

beforeAll(async () => {
  [netns = ''] = await lab.create(['node-1'], { ipv6: true });
});

async function observed(family: 4 | 6 = 4) {
  const { stdout } = await lab.kernel.read(netns, nftablesBackend.observe(family)[0]!);
  return observeTable(stdout);
}

describe('nft', () => {
  it.each([4, 6] as const)('accepts whatever Services and options there may be, in IPv%i', async (family) => {
    await fc.assert(
      fc.asyncProperty(arbitraryDesired(family), async (wanted) => {
        for (const batch of planNftables(wanted, NOTHING).batches) {
          if (batch.tool !== 'nft') throw new Error(`unexpected ${batch.tool}`);
          const result = await lab.kernel.read(netns, ['nft', '-c', '-f', '-'], batch.text);
          expect(result).toMatchObject({ exitCode: 0, stderr: '' });
        }
      }),
      { numRuns: 30 },
    );
  });

  it('loads 1,001 endpoints of one Service', async () => {
    const endpoints = Array.from({ length: 1_001 }, (_, index) => `10.244.${index >> 8}.${index & 255}`);
    const plan = planNftables(desired(viewsOf([service()], [slice(endpoints)]), OPTIONS), NOTHING);
    await lab.kernel.run(netns, plan.batches);
    const { stdout } = await lab.kernel.read(netns, nftablesBackend.observe(4)[0]!);
    expect([...nftablesBackend.differences(plan.state, [stdout], 4)]).toEqual([]);
    await lab.kernel.run(netns, nftablesBackend.cleanup(plan.state, 4));
  });

  it('takes every sequence of changes, and then lists what was rendered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(arbitraryChange, { maxLength: 20 }), async (changes) => {
        const tracker = new ServicePortTracker({ nodeName: NODE, family: 4 });
        let state: NftablesState = NOTHING;
        const sync = async () => {
          const plan = planNftables(desired(tracker.update().views, OPTIONS), state);
          await lab.kernel.run(netns, plan.batches);
          state = plan.state;
        };
        for (const change of changes) {
          if (applyChange(tracker, change)) continue;
          if (change.kind === 'lost') state = await observed();
          else await sync();
        }
        await sync();
        expect(await observed()).toEqual(expectedOf({ ...desired(tracker.update().views, OPTIONS) }));
        await lab.kernel.run(netns, nftablesBackend.cleanup(state, 4));
      }),
      { numRuns: 25 },
    );
  });

  it.each([
    ['one within another', ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.3/32']],
    ['side by side', ['10.0.0.0/9', '10.128.0.0/9']],
    ['everything', ['0.0.0.0/0']],
    ['with bits behind the prefix', ['203.0.113.77/24']],
    ['the node’s own, and so the balancer’s', ['192.168.1.0/24', '198.51.100.0/24']],
  ])('accepts source ranges: %s', async (_, loadBalancerSourceRanges) => {
    const views = viewsOf(
      [
        service({ type: 'LoadBalancer', loadBalancerSourceRanges }, 'ns1/svc1', {
          status: { loadBalancer: { ingress: [{ ip: '198.51.100.1' }, { ip: '198.51.100.2' }] } },
        }),
      ],
      [slice(['10.244.2.2'])],
    );
    for (const batch of planNftables(desired(views, OPTIONS), NOTHING).batches) {
      if (batch.tool !== 'nft') continue;
      const result = await lab.kernel.read(netns, ['nft', '-c', '-f', '-'], batch.text);
      expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    }
  });

  it('accepts an unnamed port, the longest names and many endpoints', async () => {
    const long = 'x'.repeat(63);
    const views = viewsOf(
      [
        service({ ports: [{ port: 80 }], sessionAffinity: 'ClientIP' }),
        service({ clusterIP: '10.96.0.2', ports: [{ name: long, port: 81 }] }, `${long}/${long}`),
      ],
      [
        slice(
          Array.from({ length: 300 }, (_, index) => `10.244.${index >> 8}.${index & 255}`),
          { ports: [{ port: 80 }] },
        ),
        slice(['10.244.3.3'], { service: `${long}/${long}`, ports: [{ name: long, port: 80 }] }),
      ],
    );
    const plan = planNftables(desired(views, OPTIONS), NOTHING);
    await lab.kernel.run(netns, plan.batches);
    expect(await observed()).toEqual(expectedOf({ ...desired(views, OPTIONS) }));
    await lab.kernel.run(netns, nftablesBackend.cleanup(plan.state, 4));
  });

  it('accepts IPv6, and lists the same table from the same code', async () => {
    const ports = [{ name: 'p80', port: 80, nodePort: 30080 }];
    const facts = { ...FACTS_6, nodePortIPs: ['fd00:1::11'], serviceCIDRs: ['fd00:96::/108'] };
    const views = viewsOf(
      [
        service({ clusterIP: 'fd00:96::1', type: 'NodePort', ports, externalTrafficPolicy: 'Local' }),
        service({ clusterIP: 'fd00:96::2', sessionAffinity: 'ClientIP' }, 'ns1/sticky'),
      ],
      [
        slice(['fd00:244::2', { ip: 'fd00:244::3', nodeName: NODE }], { family: 6 }),
        slice(['fd00:244::4'], { service: 'ns1/sticky', family: 6 }),
      ],
      { family: 6 },
    );
    await lab.kernel.run(netns, planNftables({ views, facts }, NOTHING).batches);
    expect(await observed(6)).toEqual(expectedOf({ views, facts }));
    const { stdout } = await lab.kernel.read(netns, ['nft', 'list', 'table', 'ip6', 'kube-proxy']);
    expect(stdout).toContain('dnat ip6 to numgen random mod 2 map { 0 : fd00:244::2 . 80, 1 : fd00:244::3 . 80 }');
  });
});
