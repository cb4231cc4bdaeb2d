/** kube-proxy in mode ipvs over a model of the kernel: what it does with time, schedulers, and the chains it shares with iptables. */
import { describe, expect, it, vi } from 'vitest';
import type { Batch } from '../../src/kernel/kernel.ts';
import { RecordingKernel } from '../../src/kernel/recording-kernel.ts';
import { ENDPOINT_SLICES, EVENTS, NODES, SERVICES } from '../../src/objects/resource.ts';
import type { Event } from '../../src/objects/wire.ts';
import { IpvsModel } from './backends/ipvs/ipvs-model.ts';
import { NODE, service, slice } from './fixtures.ts';
import { proxiesOnModels } from './proxies-on-models.ts';

class IpvsKernel extends RecordingKernel {
  readonly model = new IpvsModel();
  hasIpvs = true;
  /** What `ipvsadm -Lnc` lists. */
  underWay = '';
  /** Refuses batches of this tool. */
  refuses: Batch['tool'] | undefined;

  constructor() {
    super((_netns, argv) => this.#answer(argv));
  }

  override async run(_netns: string, batches: readonly Batch[]): Promise<void> {
    for (const batch of batches) {
      if (batch.tool === this.refuses) throw new Error(`${batch.tool} refused`);
      this.model.run([batch]);
    }
  }

  #answer(argv: readonly string[]) {
    const line = argv.join(' ');
    if (argv[0] === 'ipvsadm' && !this.hasIpvs)
      return { stdout: '', stderr: "Can't initialize ipvs: Protocol not available", exitCode: 2 };
    const [servers, sets, addresses, save] = this.model.listings();
    const listings: Record<string, string> = {
      'ipvsadm -Sn': servers!,
      'ipvsadm -Lnc': this.underWay,
      'ipset save': sets!,
      'ip -json address': addresses!,
      'ip -json address show up': addresses!,
      'iptables-save': save!,
    };
    const connections = line.startsWith('ipvsadm -Ln') ? this.model.connections(argv.slice(2)) : '';
    return { stdout: listings[line] ?? connections, stderr: '', exitCode: 0 };
  }
}

const open = proxiesOnModels();

async function setUp({ hasIpvs = true, strictMode = false } = {}) {
  const kernel = new IpvsKernel();
  kernel.hasIpvs = hasIpvs;
  const { transport, proxy } = open({ kernel, mode: 'ipvs', strictMode, drainPeriodMs: 5 });
  await transport.create(NODES, { metadata: { name: NODE } });
  await transport.create(SERVICES, service());
  await transport.create(ENDPOINT_SLICES, slice(['10.244.1.2', '10.244.2.2']));
  return { kernel, transport, proxy, model: kernel.model };
}

/** On a busy machine, too. */
const PATIENCE = { timeout: 20_000 };
const VIP = 'TCP 172.30.0.41:80';
const UNDER_WAY = 'TCP 14:59 ESTABLISHED 10.244.1.2:40000 172.30.0.41:80 10.244.2.2:80';

/** What stands of each of the two. */
function standing(model: IpvsModel): string[] {
  const rules = model.rules.dump();
  return [
    ...(/KUBE-(SVC-|SEP-|NODEPORTS|PROXY-CANARY|EXTERNAL-SERVICES)/.test(rules) ? ['iptables'] : []),
    ...(model.servers.size > 0 || model.sets.size > 0 || model.device !== undefined || /match-set/.test(rules)
      ? ['ipvs']
      : []),
  ];
}

describe('mode ipvs', () => {
  it('looks again until a removed endpoint’s connections have ended', async () => {
    const { proxy, model, transport } = await setUp();
    await proxy.start();
    model.connect(VIP, '10.244.1.2:80', 1);
    const old = await transport.get(ENDPOINT_SLICES, { namespace: 'ns1', name: 'svc1-1' });
    await transport.update(ENDPOINT_SLICES, { ...slice(['10.244.2.2']), metadata: { ...old.metadata } });
    await proxy.programmed();
    expect(model.servers.get(VIP)!.reals.get('10.244.1.2:80')).toEqual({ weight: 0, connections: 1 });
    model.connect(VIP, '10.244.1.2:80', 0);
    await vi.waitFor(() => expect([...model.servers.get(VIP)!.reals.keys()]).toEqual(['10.244.2.2:80']), PATIENCE);
  });

  it('changes its scheduler in place', async () => {
    const { proxy, model } = await setUp();
    await proxy.start();
    model.connect(VIP, '10.244.1.2:80', 1);
    expect(await proxy.switchMode('ipvs', { scheduler: 'lc' })).toEqual({ mode: 'ipvs' });
    expect(model.servers.get(VIP)).toMatchObject({ settings: '-s lc' });
    expect(model.servers.get(VIP)!.reals.get('10.244.1.2:80')!.connections).toBe(1);
    expect(proxy.lastSync?.isFull).toBe(false);
  });

  it('gives way to iptables and comes back, though both fill KUBE-SERVICES', async () => {
    const { proxy, model } = await setUp();
    await proxy.start();
    const before = model.dump();
    expect(standing(model)).toEqual(['ipvs']);
    await proxy.switchMode('iptables');
    expect(standing(model)).toEqual(['iptables']);
    expect(model.rules.rulesOf('nat', 'PREROUTING')).toHaveLength(1);
    await proxy.switchMode('ipvs');
    expect(standing(model)).toEqual(['ipvs']);
    // The kubelet's chain, which iptables has made meanwhile, is the kubelet's.
    const own = (dump: string) => dump.split('\n').filter((line) => !/KUBE-FIREWALL|localnet/.test(line));
    expect(own(model.dump()).sort()).toEqual(own(before).sort());
  });

  it('keeps a virtual server, once iptables has taken over, until its connections have ended; syncs go on', async () => {
    const { proxy, kernel, model, transport } = await setUp();
    await transport.create(SERVICES, service({ clusterIP: '172.30.0.42' }, 'ns1/idle'));
    await proxy.start();
    kernel.underWay = UNDER_WAY;
    const switched = proxy.switchMode('iptables');
    await vi.waitFor(() => expect([...model.servers.keys()]).toEqual([VIP]), PATIENCE);
    expect(model.rules.dump()).toContain('KUBE-SVC-');
    expect(model.rules.dump()).not.toMatch(/match-set/);
    expect([...model.servers.get(VIP)!.reals.values()].map(({ weight }) => weight)).toEqual([0, 0]);
    expect([...model.device!]).toEqual(['172.30.0.41']);
    expect(proxy.departing).toEqual({ mode: 'ipvs', connections: 1 });
    await transport.create(SERVICES, service({ clusterIP: '172.30.0.43' }, 'ns1/new'));
    await proxy.programmed();
    expect(model.rules.dump()).toContain('ns1/new:p80');
    kernel.underWay = '';
    await switched;
    expect(standing(model)).toEqual(['iptables']);
    expect(proxy.departing).toBeUndefined();
  });

  it('takes over what it has left, when it comes back meanwhile', async () => {
    const { proxy, kernel, model } = await setUp();
    await proxy.start();
    const before = structuredClone(model.servers.get(VIP));
    kernel.underWay = UNDER_WAY;
    void proxy.switchMode('iptables');
    const back = proxy.switchMode('ipvs');
    await vi.waitFor(() => expect(proxy.departing).toEqual({ mode: 'ipvs', connections: 1 }), PATIENCE);
    expect(model.servers.get(VIP)!.reals.get('10.244.1.2:80')!.weight).toBe(0);
    kernel.underWay = '';
    await back;
    expect(model.servers.get(VIP)).toEqual(before);
  });

  it('of a former kube-proxy is followed to its end by the next', async () => {
    const { proxy, transport, kernel, model } = await setUp();
    await proxy.start();
    kernel.underWay = UNDER_WAY;
    await proxy.stop();
    const next = open({ kernel, transport, mode: 'iptables' }).proxy;
    await next.start();
    await next.removeOtherModes();
    await vi.waitFor(() => expect(next.departing).toEqual({ mode: 'ipvs', connections: 1 }), PATIENCE);
    expect(model.servers.has(VIP)).toBe(true);
    kernel.underWay = '';
    await vi.waitFor(() => expect(standing(model)).toEqual(['iptables']), PATIENCE);
  });

  it('stays as it was when iptables cannot be written', async () => {
    const { proxy, kernel, model } = await setUp();
    await proxy.start();
    const before = model.dump();
    kernel.refuses = 'iptables-restore';
    await expect(proxy.switchMode('iptables')).rejects.toThrow('iptables-restore refused');
    kernel.refuses = undefined;
    await vi.waitFor(() => expect(model.dump()).toBe(before), PATIENCE);
    expect(proxy.mode).toBe('ipvs');
  });
});

describe('without IPVS', () => {
  it('kube-proxy falls back, and says so to the node', async () => {
    const { proxy, model, transport } = await setUp({ hasIpvs: false });
    await proxy.start();
    expect({ mode: proxy.mode, obstacle: proxy.obstacle }).toEqual({
      mode: 'iptables',
      obstacle: 'ipvs not supported',
    });
    expect(standing(model)).toEqual(['iptables']);
    const event = await vi.waitFor(async () => {
      const { items } = await transport.list(EVENTS);
      return items.find((item) => (item as Event).reason === 'ProxyModeFallback')!;
    });
    expect(event).toMatchObject({ type: 'Warning', involvedObject: { name: NODE } });
    // Asked for by name it is the mode wanted, and no obstacle any more.
    await proxy.switchMode('iptables');
    expect(proxy.obstacle).toBeUndefined();
  });

  it('strict kube-proxy does not start, and does not change to it', async () => {
    const { proxy } = await setUp({ hasIpvs: false, strictMode: true });
    await expect(proxy.start()).rejects.toThrow("can't use the IPVS proxier: ipvs not supported");
  });
});
