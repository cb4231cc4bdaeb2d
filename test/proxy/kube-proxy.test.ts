import { describe, expect, it } from 'vitest';
import type { Batch } from '../../src/kernel/kernel.ts';
import { RecordingKernel } from '../../src/kernel/recording-kernel.ts';
import { ENDPOINT_SLICES, NODES, SERVICES } from '../../src/objects/resource.ts';
import { RuleModel, saveOf } from './backends/iptables/rule-model.ts';
import { NODE, service, slice } from './fixtures.ts';
import { proxiesOnModels } from './proxies-on-models.ts';

/** A kernel whose rules of IPv4 are a model; `failures` makes the next writes fail half-way. */
class ModelKernel extends RecordingKernel {
  readonly model = new RuleModel();
  readonly batches: Batch[] = [];
  failures = 0;

  constructor() {
    super((_netns, argv) => this.#answer(argv));
  }

  override async run(_netns: string, batches: readonly Batch[]): Promise<void> {
    for (const batch of batches) {
      this.batches.push(batch);
      if (batch.tool !== 'iptables-restore' || batch.family === 6) continue;
      if (this.failures > 0) {
        this.failures -= 1;
        this.model.restore(batch.text.slice(0, batch.text.indexOf('COMMIT\n') + 'COMMIT\n'.length));
        throw new Error('interrupted');
      }
      this.model.restore(batch.text);
    }
  }

  #answer(argv: readonly string[]) {
    if (argv[0] === 'ip6tables-save') return { stdout: '', stderr: '', exitCode: 0 };
    if (argv[0] === 'iptables-save') return { stdout: saveOf(this.model), stderr: '', exitCode: 0 };
    const [, , table, , chain] = argv as string[];
    const rules = this.model.tables.get(table ?? '')?.get(chain ?? '');
    if (rules === undefined) return { stdout: '', stderr: 'No chain by that name', exitCode: 1 };
    return { stdout: [`-N ${chain}`, ...rules].join('\n'), stderr: '', exitCode: 0 };
  }
}

const open = proxiesOnModels();
const errors: string[] = [];

function setUp(nodeIPs = ['192.168.1.11']) {
  errors.length = 0;
  const kernel = new ModelKernel();
  const log = { info: () => undefined, warn: () => undefined, error: (message: string) => errors.push(message) };
  return { kernel, ...open({ kernel, mode: 'iptables', nodeIPs, log }) };
}

function services(model: RuleModel): readonly string[] {
  return model.rulesOf('nat', 'KUBE-SERVICES');
}

describe('kube-proxy', () => {
  it('has written everything it found when start resolves', async () => {
    const { kernel, transport, proxy } = setUp();
    await transport.create(SERVICES, service());
    await transport.create(ENDPOINT_SLICES, slice(['10.244.1.2']));
    await proxy.start();
    expect(services(kernel.model)[0]).toContain('ns1/svc1:p80 cluster IP');
    expect(proxy.lastSync).toMatchObject({ isFull: true, changed: 1 });
    expect(kernel.batches.filter(({ tool }) => tool === 'iptables-restore')).toHaveLength(1);
  });

  it('follows changes, and is programmed when what was written before is in the rules', async () => {
    const { kernel, transport, proxy } = setUp();
    await proxy.start();
    await transport.create(SERVICES, service());
    await transport.create(ENDPOINT_SLICES, slice(['10.244.1.2']));
    await proxy.programmed();
    expect(services(kernel.model)).toHaveLength(2);
    expect(proxy.lastSync?.isFull).toBe(false);
    await transport.delete(SERVICES, { namespace: 'ns1', name: 'svc1' });
    await proxy.programmed();
    expect(services(kernel.model)).toHaveLength(1);
    expect(proxy.generation.done).toBe(proxy.generation.requested);
  });

  it('moves endpoints with a slice that is given to another Service', async () => {
    const { kernel, transport, proxy } = setUp();
    await transport.create(SERVICES, service());
    await transport.create(SERVICES, service({ clusterIP: '172.30.0.42' }, 'ns1/other'));
    const made = await transport.create(ENDPOINT_SLICES, slice(['10.244.1.2']));
    await proxy.start();
    const labels = { 'kubernetes.io/service-name': 'other' };
    await transport.update(ENDPOINT_SLICES, { ...made, metadata: { ...made.metadata, labels } });
    await proxy.programmed();
    expect(services(kernel.model).join('\n')).toContain('ns1/other:p80 cluster IP');
    expect(services(kernel.model).join('\n')).not.toContain('ns1/svc1');
  });

  it('reads the zone of its node', async () => {
    const { kernel, transport, proxy } = setUp();
    await transport.create(SERVICES, service());
    const hint = (zone: string) => ({ hints: { forZones: [{ name: zone }] } });
    await transport.create(
      ENDPOINT_SLICES,
      slice([
        { ip: '10.244.1.2', ...hint('a') },
        { ip: '10.244.2.2', ...hint('b') },
      ]),
    );
    await transport.create(NODES, { metadata: { name: NODE, labels: { 'topology.kubernetes.io/zone': 'b' } } });
    await proxy.start();
    expect(kernel.model.dump()).toContain('10.244.2.2:80');
    expect(kernel.model.dump()).not.toContain('10.244.1.2:80');
  });

  it('tries again after a failure, with a full sync over what the kernel then holds', async () => {
    const { kernel, transport, proxy } = setUp();
    await transport.create(SERVICES, service());
    await transport.create(ENDPOINT_SLICES, slice(['10.244.1.2']));
    kernel.failures = 1;
    await proxy.start();
    expect(errors).toEqual(['kube-proxy could not write its rules; will try again']);
    expect(services(kernel.model)).toHaveLength(2);
    expect(proxy.reports.metrics.families.get(4)?.failures).toBe(1);
  });

  it('writes everything again when the tables were flushed', async () => {
    const { kernel, transport, proxy } = setUp();
    await transport.create(SERVICES, service());
    await transport.create(ENDPOINT_SLICES, slice(['10.244.1.2']));
    await proxy.start();
    expect(await proxy.checkRules()).toBe(true);
    const before = kernel.model.dump();
    for (const chains of kernel.model.tables.values()) for (const name of chains.keys()) chains.set(name, []);
    expect(await proxy.checkRules()).toBe(false);
    expect(kernel.model.dump()).toBe(before);
    kernel.model.tables.get('mangle')?.delete('KUBE-PROXY-CANARY');
    expect(await proxy.checkRules()).toBe(false);
    expect(kernel.model.dump()).toBe(before);
  });

  it('leaves no rule after cleanup', async () => {
    const { kernel, transport, proxy } = setUp();
    await transport.create(SERVICES, service());
    await transport.create(ENDPOINT_SLICES, slice(['10.244.1.2']));
    await proxy.start();
    await proxy.cleanup();
    expect(kernel.model.dump()).not.toMatch(/KUBE-(S|E|N|P|M)/);
  });

  it('shows its figures under the names of kube-proxy', async () => {
    const { proxy } = setUp();
    await proxy.start();
    const nothing = { views: new Map(), standing: new Map(), packets: new Map() };
    const page = proxy.reports.metrics.render({ mode: 'iptables', ...nothing });
    expect(page).toContain('kubeproxy_sync_proxy_rules_duration_seconds_count{ip_family="IPv4"} 1');
    expect(page).toContain('kubeproxy_sync_full_proxy_rules_duration_seconds_count{ip_family="IPv4"} 1');
    expect(page).toContain('kubeproxy_sync_proxy_rules_iptables_restore_failures_total{ip_family="IPv4"} 0');
  });

  // upstream: pkg/proxy/endpointschangetracker.go, EndpointSliceUpdate
  it('measures how long changes of slices take: those of its time and family, and none that goes', async () => {
    const { transport, proxy } = setUp(['192.168.1.11', 'fd00:1::11']);
    const changed = (name: string, at: number, family: 4 | 6 = 4) => {
      const object = slice([family === 4 ? '10.244.1.2' : 'fd00:244::2'], { name, family });
      const annotations = { 'endpoints.kubernetes.io/last-change-trigger-time': new Date(at).toISOString() };
      return { ...object, metadata: { ...object.metadata, annotations } };
    };
    const counts = () => {
      const nothing = { views: new Map(), standing: new Map(), packets: new Map() };
      const page = proxy.reports.metrics.render({ mode: 'iptables', ...nothing });
      const pattern = /^kubeproxy_network_programming_duration_seconds_count\{ip_family="(.*)"\} (\d+)$/gm;
      return Object.fromEntries([...page.matchAll(pattern)].map(([, family, count]) => [family, Number(count)]));
    };
    await transport.create(SERVICES, service());
    await transport.create(ENDPOINT_SLICES, changed('old', Date.now() - 3_600_000));
    await proxy.start();
    expect(counts()).toEqual({ IPv4: 0, IPv6: 0 });
    const soon = Date.now() + 1_000;
    await transport.create(ENDPOINT_SLICES, changed('new', soon));
    await proxy.programmed();
    expect(counts()).toEqual({ IPv4: 1, IPv6: 0 });
    await transport.create(ENDPOINT_SLICES, changed('six', soon, 6));
    await transport.delete(ENDPOINT_SLICES, { namespace: 'ns1', name: 'new' });
    await proxy.programmed();
    expect(counts()).toEqual({ IPv4: 1, IPv6: 1 });
  });

  it('refuses a node address that is none', () => {
    expect(() => setUp(['nowhere'])).toThrow('not a node address: nowhere');
  });
});
