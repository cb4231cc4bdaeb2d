import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { iptablesBackend } from '../../../src/proxy/backends/iptables/backend.ts';
import { planKubeletChains } from '../../../src/proxy/backends/iptables/kubelet-chains.ts';
import { planIptables } from '../../../src/proxy/backends/iptables/plan.ts';
import { observeSave } from '../../../src/proxy/backends/iptables/state.ts';
import { planUserspace } from '../../../src/proxy/backends/userspace/plan.ts';
import { observeSave as observePortals } from '../../../src/proxy/backends/userspace/state.ts';
import { arbitraryDesired } from '../../proxy/arbitrary-cluster.ts';
import { Ports } from '../../proxy/backends/userspace/rules-under-test.ts';
import { desired, FACTS_6, service, slice, viewsOf } from '../../proxy/fixtures.ts';
import { scratch } from '../scratch.ts';

const lab = scratch();
let netns: string;

beforeAll(async () => {
  [netns = ''] = await lab.create(['node-1'], { ipv6: true });
});

describe('iptables-restore', () => {
  it.each([
    [4, 'iptables-restore'],
    [6, 'ip6tables-restore'],
  ] as const)('accepts whatever Services and options there may be, in IPv%i', async (family, tool) => {
    await fc.assert(
      fc.asyncProperty(arbitraryDesired(family), async (wanted) => {
        const relayPorts = new Ports().for(wanted.views);
        const plans = [
          planIptables(wanted, observeSave('')),
          planUserspace({ ...wanted, relayPorts }, observePortals('')),
        ];
        for (const batch of plans.flatMap(({ batches }) => batches)) {
          if (batch.tool !== 'iptables-restore') continue;
          const result = await lab.kernel.read(netns, [tool, '--test', '--noflush'], batch.text);
          expect(result).toMatchObject({ exitCode: 0, stderr: '' });
        }
      }),
      { numRuns: 25 },
    );
  });

  it('loads 1,001 endpoints of one Service, without their comments', async () => {
    const [many = ''] = await lab.create(['many']);
    const endpoints = Array.from({ length: 1_001 }, (_, index) => `10.244.${index >> 8}.${index & 255}`);
    const plan = planIptables(desired(viewsOf([service()], [slice(endpoints)])), observeSave(''));
    await lab.kernel.run(many, plan.batches);
    const { stdout } = await lab.kernel.read(many, ['iptables-save']);
    expect([...iptablesBackend.differences(plan.state, [stdout], 4)]).toEqual([]);
    expect(stdout).not.toContain(' -> ');
  });

  it('accepts IPv6, and shows the same rules from the same code', async () => {
    const views = viewsOf(
      [service({ clusterIP: 'fd00:96::1', type: 'NodePort', ports: [{ name: 'p80', port: 80, nodePort: 30080 }] })],
      [slice(['fd00:244::2', 'fd00:244::3'], { family: 6 })],
      { family: 6 },
    );
    await lab.kernel.run(netns, planIptables({ views, facts: FACTS_6 }, observeSave('')).batches);
    const { stdout } = await lab.kernel.read(netns, ['ip6tables-save', '-t', 'nat']);
    expect(stdout).toContain('-j DNAT --to-destination [fd00:244::2]:80');
    expect(stdout).toMatch(/KUBE-SERVICES ! -d ::1\/128 .*--dst-type LOCAL -j KUBE-NODEPORTS/);
  });

  it("finds our jumps in the tool's own print, whoever made them first", async () => {
    await lab.kernel.run(netns, planKubeletChains(4));
    const plan = async () => {
      const { stdout } = await lab.kernel.read(netns, ['iptables-save']);
      return planIptables(desired(new Map()), observeSave(stdout)).batches;
    };
    await lab.kernel.run(netns, await plan());
    const { stdout: first } = await lab.kernel.read(netns, ['iptables-save', '-t', 'filter']);
    await lab.kernel.run(netns, await plan());
    const { stdout: second } = await lab.kernel.read(netns, ['iptables-save', '-t', 'filter']);
    const rules = (save: string) => save.split('\n').filter((line) => line.startsWith('-A'));
    expect(rules(second)).toEqual(rules(first));
    expect(rules(first).filter((line) => line === '-A INPUT -j KUBE-FIREWALL')).toHaveLength(1);
  });
});
