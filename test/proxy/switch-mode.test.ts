import { describe, expect, it, vi } from 'vitest';
import type { Batch } from '../../src/kernel/kernel.ts';
import { RecordingKernel } from '../../src/kernel/recording-kernel.ts';
import { normalised } from '../../src/lab/proxy-config/normalise.ts';
import { LAB_OPTIONS } from '../../src/lab/proxy-config/option-defaults.ts';
import { ENDPOINT_SLICES, SERVICE_CIDRS, SERVICES } from '../../src/objects/resource.ts';
import type { KubeProxyOptions } from '../../src/proxy/kube-proxy-options.ts';
import { RuleModel, saveOf } from './backends/iptables/rule-model.ts';
import { TableModel } from './backends/nftables/table-model.ts';
import { service, slice } from './fixtures.ts';
import { proxiesOnModels } from './proxies-on-models.ts';

/** Both backends' rules as models, and what stood of each after every batch. */
class TwoModels extends RecordingKernel {
  readonly rules = new RuleModel();
  readonly tables = new TableModel();
  readonly history: string[] = [];
  /** The node's own. */
  addresses = ['192.168.1.11'];
  /** Refuses batches of this tool. */
  refuses: Batch['tool'] | undefined;
  /** The next listing of iptables waits for this. */
  gate: Promise<unknown> | undefined;

  constructor() {
    super((_netns, argv) => this.#answer(argv));
  }

  override async read(...[netns, argv, stdin]: Parameters<RecordingKernel['read']>) {
    if (argv[0] === 'iptables-save') {
      const { gate } = this;
      this.gate = undefined;
      await gate;
    }
    return await super.read(netns, argv, stdin);
  }

  override async run(_netns: string, batches: readonly Batch[]): Promise<void> {
    for (const batch of batches) {
      if (batch.tool === this.refuses) throw new Error(`${batch.tool} refused`);
      if (batch.tool === 'iptables-restore') this.rules.restore(batch.text);
      if (batch.tool === 'nft') this.tables.apply(batch.text);
      this.history.push(this.standing().join('+'));
    }
  }

  standing(): string[] {
    return [
      ...(this.rules.dump().includes('cluster IP') ? ['iptables'] : []),
      ...(this.tables.tables.size > 0 ? ['nftables'] : []),
    ];
  }

  #answer(argv: readonly string[]) {
    if (argv.includes('--check')) return { stdout: '', stderr: '', exitCode: 0 };
    if (argv[0] === 'nft') {
      const stdout = this.tables.listing();
      return stdout === ''
        ? { stdout, stderr: 'Error: No such file or directory', exitCode: 1 }
        : { stdout, stderr: '', exitCode: 0 };
    }
    const links = [{ ifname: 'eth0', addr_info: this.addresses.map((local) => ({ local })) }];
    const stdout = argv[0] === 'ip' ? JSON.stringify(links) : saveOf(this.rules);
    return { stdout, stderr: '', exitCode: 0 };
  }
}

const open = proxiesOnModels();

async function setUp(more: Partial<Omit<KubeProxyOptions, 'transport'>> = {}) {
  const kernel = new TwoModels();
  const { transport, proxy } = open({ kernel, mode: 'iptables', serviceCIDRs: ['172.30.0.0/16'], ...more });
  await transport.create(SERVICES, service());
  await transport.create(ENDPOINT_SLICES, slice(['10.244.1.2']));
  await proxy.start();
  return { kernel, transport, proxy };
}

describe('a change of mode', () => {
  it('has the new rules in before the former go, and leaves nothing of those', async () => {
    const { kernel, proxy } = await setUp();
    kernel.history.length = 0;
    await proxy.switchMode('nftables');
    expect(kernel.history).toEqual(['iptables+nftables', 'nftables']);
    expect(kernel.rules.dump()).not.toMatch(/KUBE-(S|E|N|P|M)/);
    expect(proxy.mode).toBe('nftables');
    kernel.history.length = 0;
    await proxy.switchMode('iptables');
    expect([...new Set(kernel.history)]).toEqual(['nftables', 'iptables+nftables', 'iptables']);
  });

  it('is followed by changes in the new mode', async () => {
    const { kernel, transport, proxy } = await setUp();
    await proxy.switchMode('nftables');
    await transport.create(SERVICES, service({ clusterIP: '172.30.0.42' }, 'ns1/other'));
    await proxy.programmed();
    expect(proxy.lastSync?.isFull).toBe(false);
    expect([...kernel.tables.table().sets.get('cluster-ips')!.elements.keys()].sort()).toEqual([
      '172.30.0.41',
      '172.30.0.42',
    ]);
    expect(kernel.standing()).toEqual(['nftables']);
  });

  it('while somebody looks for lost rules is no loss', async () => {
    const { kernel, proxy } = await setUp();
    const { promise, resolve } = Promise.withResolvers<void>();
    kernel.gate = promise;
    const look = proxy.checkRules();
    await vi.waitFor(() => expect(kernel.gate).toBeUndefined());
    await proxy.switchMode('nftables');
    resolve();
    expect(await look).toBe(true);
  });

  it('to the mode it has does nothing', async () => {
    const { kernel, proxy } = await setUp();
    kernel.history.length = 0;
    await proxy.switchMode('iptables');
    expect(kernel.history).toEqual([]);
  });

  it('whose rules are refused leaves the former in force, and says so', async () => {
    const { kernel, transport, proxy } = await setUp();
    kernel.refuses = 'nft';
    await expect(proxy.switchMode('nftables')).rejects.toThrow('nft refused');
    expect(proxy.mode).toBe('iptables');
    expect(kernel.standing()).toEqual(['iptables']);
    await transport.create(SERVICES, service({ clusterIP: '172.30.0.42' }, 'ns1/other'));
    await proxy.programmed();
    expect(kernel.rules.dump()).toContain('ns1/other:p80 has no endpoints');
    kernel.refuses = undefined;
    await proxy.switchMode('nftables');
    expect(kernel.standing()).toEqual(['nftables']);
  });

  it('guards Service networks that come and go, in nftables alone', async () => {
    const { kernel, transport, proxy } = await setUp();
    const range = (name: string, cidr: string) =>
      transport.create(SERVICE_CIDRS, { metadata: { name }, spec: { cidrs: [cidr] } });
    const guarded = () => JSON.stringify(kernel.tables.tables.get('ip kube-proxy')?.chains.get('cluster-ips-check'));
    await range('kubernetes', '172.30.0.0/16');
    await range('more', '10.10.5.0/24');
    await proxy.switchMode('nftables');
    await vi.waitFor(() => expect(guarded()).toContain('{ 10.10.5.0/24, 172.30.0.0/16 } drop'));
    await range('later', '10.0.160.0/24');
    await vi.waitFor(() => expect(guarded()).toContain('10.0.160.0/24'));
    await transport.delete(SERVICE_CIDRS, { name: 'more' });
    await vi.waitFor(() => expect(guarded()).not.toContain('10.10.5.0/24'));
    expect(guarded()).toContain('172.30.0.0/16');
  });

  // upstream: pkg/proxy/util/nodeport_addresses.go, GetNodeIPs: every address of an interface that lies in a block
  it('answers node ports at the node’s addresses within nodePortAddresses, as they come and go', async () => {
    const config = normalised({ ...LAB_OPTIONS, nodePortAddresses: ['192.168.0.0/16'] });
    const { kernel, proxy } = await setUp({ config });
    const inIptables = () =>
      kernel.rules.rulesOf('nat', 'KUBE-SERVICES').flatMap((rule) => /NOTE.* -d (\S+) -j/.exec(rule)?.[1] ?? []);
    const inNftables = () =>
      [...(kernel.tables.tables.get('ip kube-proxy')?.sets.get('nodeport-ips')?.elements.keys() ?? [])].sort();
    expect(inIptables()).toEqual(['192.168.1.11']);
    kernel.addresses = ['10.0.0.1', '192.168.1.11', '192.168.9.9'];
    await proxy.checkRules();
    await vi.waitFor(() => expect(inIptables()).toEqual(['192.168.1.11', '192.168.9.9']));
    await proxy.switchMode('nftables');
    expect(inNftables()).toEqual(['192.168.1.11', '192.168.9.9']);
    kernel.addresses = ['192.168.9.9'];
    await proxy.checkRules();
    await vi.waitFor(() => expect(inNftables()).toEqual(['192.168.9.9']));
  });

  it('does not wait for minSyncPeriod, and nor does a stop', async () => {
    const hour = { syncPeriod: 3_600_000, minSyncPeriod: 3_600_000 };
    const config = normalised({ ...LAB_OPTIONS, iptables: { ...LAB_OPTIONS.iptables, ...hour } });
    const { kernel, transport, proxy } = await setUp({ config });
    const { requested } = proxy.generation;
    await transport.create(SERVICES, service({ clusterIP: '172.30.0.42' }, 'ns1/late'));
    await vi.waitFor(() => expect(proxy.generation.requested).toBeGreaterThan(requested));
    expect(kernel.standing().join()).not.toContain('nft');
    await proxy.switchMode('nftables');
    await proxy.switchMode('iptables');
    await transport.create(SERVICES, service({ clusterIP: '172.30.0.43' }, 'ns1/later'));
    await proxy.stop();
  });

  it('asked for twice at once ends in the last', async () => {
    const { kernel, proxy } = await setUp();
    await Promise.all([proxy.switchMode('nftables'), proxy.switchMode('iptables')]);
    expect(proxy.mode).toBe('iptables');
    expect(kernel.standing()).toEqual(['iptables']);
  });

  it('ends with an error when kube-proxy stops', async () => {
    const { proxy } = await setUp();
    await proxy.stop();
    await expect(proxy.switchMode('nftables')).rejects.toThrow('kube-proxy on node-1 has stopped');
  });
});
