/** What IPVS alone can show: connections that outlive their endpoint, schedulers by their laws, changes to iptables and back. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IpvsScheduler } from '../../src/objects/ipvs-scheduler.ts';
import { ipvsBackend } from '../../src/proxy/backends/ipvs/backend.ts';
import { observeKernel } from '../../src/proxy/backends/ipvs/observe.ts';
import type { IpvsState } from '../../src/proxy/backends/ipvs/state.ts';
import { KubeProxy } from '../../src/proxy/kube-proxy.ts';
import { ServicePortTracker } from '../../src/proxy/service-port-tracker.ts';
import { relaysInProcess } from '../integration/proxy/relays-in-process.ts';
import { ask, closeServersAfterAll, converse, serveTcp, serveWords } from '../integration/proxy/servers.ts';
import { local, serviceObjects } from '../integration/proxy/service-objects.ts';
import { type TwoNodes, twoNodes } from '../integration/proxy/two-nodes.ts';
import { eventually, scratch } from '../integration/scratch.ts';
import { applyChange, arbitraryChange } from '../proxy/arbitrary-changes.ts';
import { arbitraryDesired } from '../proxy/arbitrary-cluster.ts';
import { desired, FACTS_6, NODE, service, slice, viewsOf } from '../proxy/fixtures.ts';
import { chanceOf, ERROR_PROBABILITY } from '../support/chi-square.ts';
import { MemoryTransport } from '../support/memory-transport.ts';

const lab = scratch();
const transport = new MemoryTransport();
let net: TwoNodes;
let proxy: KubeProxy;

closeServersAfterAll();

beforeAll(async () => {
  net = await twoNodes(lab);
  proxy = new KubeProxy({
    nodeName: NODE,
    netns: net.node,
    nodeIPs: ['192.168.1.11'],
    clusterCIDRs: ['10.244.0.0/16'],
    mode: 'ipvs',
    transport,
    kernel: net.kernel,
    relays: relaysInProcess(net.kernel.sockets),
    drainPeriodMs: 500,
    // Only when a test asks for it.
    checkPeriodMs: 600_000,
    log: { info: () => undefined, warn: () => undefined, error: (message, fields) => console.error(message, fields) },
  });
  await proxy.start();
  for (const [name, { netns }] of Object.entries(net.pods))
    for (const port of [8001, 8002]) await serveTcp(net.kernel, netns, `${name}${port}`, port);
});

afterAll(async () => {
  await proxy?.stop();
});

const { publish, endpoints } = serviceObjects(transport, () => proxy);
const on = (port: number) => [{ name: 'p80', port, protocol: 'TCP' }];

async function listed(...argv: string[]): Promise<string> {
  return (await net.kernel.read(net.node, ['ipvsadm', ...argv])).stdout;
}

/** Which server answers, `count` times one after another. */
async function answers(from: string, ip: string, count: number, port = 80): Promise<string[]> {
  const names: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const { text, error } = await ask(net.kernel, from, ip, port, 15_000);
    names.push(error ?? text.split(' ')[0]!);
  }
  return names;
}

function counts(names: readonly string[]): number[] {
  return [...Map.groupBy(names, (name) => name).values()].map(({ length }) => length).sort((a, b) => a - b);
}

describe('an endpoint that goes', () => {
  it('keeps its connection, and takes no new one', async () => {
    const ip = '10.96.1.1';
    const ports = on(8003);
    for (const name of ['b', 'c'] as const) await serveWords(net.kernel, net.pods[name].netns, name, 8003);
    await publish(service({ clusterIP: ip }, 'ns/drain'), slice([local('10.244.1.3')], { service: 'ns/drain', ports }));
    const open = () => converse(net.kernel, net.pods.a.netns, ip, 80);
    const old = open();
    expect(await old.say('one')).toBe('b one');
    await endpoints(slice(['10.244.2.2'], { service: 'ns/drain', ports }));
    expect(await listed('-Sn')).toContain(`-a -t ${ip}:80 -r 10.244.1.3:8003 -m -w 0\n`);
    expect(await old.say('two')).toBe('b two');
    for (let index = 0; index < 4; index += 1) {
      const fresh = open();
      expect(await fresh.say('new')).toBe('c new');
      fresh.reset();
    }
    // Whether it goes when this has ended is the last test's question.
    old.reset();
  });
});

describe('addresses from outside', () => {
  it('external and balancer IPs answer; source ranges hold outsiders and the node off, not node ports', async () => {
    const balanced = service(
      {
        clusterIP: '10.96.1.2',
        type: 'LoadBalancer',
        externalIPs: ['10.111.0.7'],
        loadBalancerSourceRanges: ['10.244.1.0/24'],
        ports: [{ name: 'p80', port: 80, nodePort: 30082 }],
      },
      'ns/balanced',
      { status: { loadBalancer: { ingress: [{ ip: '10.111.0.8' }] } } },
    );
    await publish(balanced, slice(['10.244.2.2'], { service: 'ns/balanced', ports: on(8001) }));
    const from = async (netns: string, ip: string, { port = 80, timeoutMs = 10_000 } = {}) => {
      const { text, error } = await ask(net.kernel, netns, ip, port, timeoutMs);
      return error ?? text;
    };
    expect(await from(net.client, '10.111.0.7')).toBe('c8001 192.168.1.11');
    expect(await from(net.node, '10.111.0.7')).toBe('c8001 192.168.1.11');
    expect(await from(net.pods.a.netns, '10.111.0.8')).toBe('c8001 192.168.1.11');
    for (const netns of [net.client, net.node])
      expect(await from(netns, '10.111.0.8', { timeoutMs: 400 })).toBe('TIMEOUT');
    expect(await from(net.client, '192.168.1.11', { port: 30082 })).toBe('c8001 192.168.1.11');
    // The node's own ports are not to be had by a Service's address.
    expect(await from(net.client, '10.111.0.7', { port: 10256 })).toBe('ECONNREFUSED');
  });

  it('internalTrafficPolicy Local: this node’s endpoints, or a refusal', async () => {
    await publish(
      service({ clusterIP: '10.96.1.3', internalTrafficPolicy: 'Local' }, 'ns/inner'),
      slice([local('10.244.1.3'), '10.244.2.2'], { service: 'ns/inner', ports: on(8001) }),
    );
    expect(await answers(net.pods.a.netns, '10.96.1.3', 4)).toEqual(['b8001', 'b8001', 'b8001', 'b8001']);
    await endpoints(slice(['10.244.2.2'], { service: 'ns/inner', ports: on(8001) }));
    expect(await answers(net.pods.a.netns, '10.96.1.3', 1)).toEqual(['ECONNREFUSED']);
  });
});

describe('a scheduler', () => {
  const IP = '10.96.1.4';
  /** Its servers keep connections open. */
  const LONG = '10.96.1.5';
  const SERVERS = 4;

  beforeAll(async () => {
    const slices = (name: string, ports: readonly number[]) =>
      ports.map((port) => slice(['10.244.1.3', '10.244.2.2'], { service: name, name: `${port}`, ports: on(port) }));
    await publish(service({ clusterIP: IP }, 'ns/short'), ...slices('ns/short', [8001, 8002]));
    await publish(service({ clusterIP: LONG }, 'ns/long'), ...slices('ns/long', [8005, 8006]));
    for (const name of ['b', 'c'] as const)
      for (const port of [8005, 8006]) await serveWords(net.kernel, net.pods[name].netns, `${name}${port}`, port);
  });

  async function use(scheduler: IpvsScheduler): Promise<void> {
    expect(await proxy.switchMode('ipvs', { scheduler, strict: true })).toEqual({ mode: 'ipvs' });
    expect(await listed('-Sn')).toContain(`-A -t ${IP}:80 -s ${scheduler}${scheduler === 'mh' ? ' -b mh-port' : ''}\n`);
  }

  /** Connections that stay open, and who has them. */
  async function hold(count: number) {
    const held: { readonly name: string; readonly reset: () => void }[] = [];
    for (let index = 0; index < count; index += 1) {
      const { say, reset } = converse(net.kernel, net.pods.a.netns, LONG, 80);
      held.push({ name: (await say('who')).split(' ')[0]!, reset });
    }
    return held;
  }

  const named = (held: Awaited<ReturnType<typeof hold>>) => held.map(({ name }) => name);

  it.each(['rr', 'wrr'] as const)('%s: each in turn', async (scheduler) => {
    await use(scheduler);
    expect(counts(await answers(net.pods.a.netns, IP, 3 * SERVERS))).toEqual([3, 3, 3, 3]);
  });

  it.each(['sh', 'dh', 'lblc', 'lblcr', 'fo'] as const)(
    '%s: a client and an address stay with one',
    async (scheduler) => {
      await use(scheduler);
      expect(counts(await answers(net.pods.a.netns, IP, 12))).toEqual([12]);
    },
  );

  it('dh: by the address alone, whoever asks', async () => {
    await use('dh');
    const [mine] = await answers(net.pods.a.netns, IP, 1);
    expect(await answers(net.node, IP, 1)).toEqual([mine]);
    expect(await answers(net.client, IP, 1)).toEqual([mine]);
  });

  it('mh: by the source’s address and port, evenly', async () => {
    await use('mh');
    const rounds = Array.from({ length: 20 }, () => answers(net.pods.a.netns, IP, 10));
    const seen = counts((await Promise.all(rounds)).flat());
    expect(seen).toHaveLength(SERVERS);
    expect(chanceOf(seen)).toBeGreaterThan(ERROR_PROBABILITY);
  });

  it.each(['lc', 'wlc', 'sed', 'nq'] as const)('%s: to those with the fewest connections', async (scheduler) => {
    await use(scheduler);
    const held = await hold(2 * SERVERS);
    expect(counts(named(held))).toEqual([2, 2, 2, 2]);
    const { name } = held[0]!;
    for (const each of held) if (each.name === name) each.reset();
    await idle(LONG, 2);
    // In turn they would go to two of them.
    const more = await hold(2);
    expect(named(more)).toEqual([name, name]);
    for (const each of [...held, ...more]) each.reset();
    await idle(LONG, 2 * SERVERS);
  });

  it('ovf: the next one only when one has more connections than its weight', async () => {
    await use('ovf');
    const held = await hold(2 * SERVERS);
    const names = named(held);
    for (let index = 0; index < names.length; index += 2) expect(names[index + 1]).toBe(names[index]);
    expect(counts(names)).toEqual([2, 2, 2, 2]);
    for (const each of held) each.reset();
  });

  /** Resolves when so many of the 8 connections of a Service have ended. */
  async function idle(ip: string, ended: number): Promise<void> {
    await eventually(async () => {
      const lines = (await listed('-Ln', '-t', `${ip}:80`)).matchAll(/-> \S+ +Masq +\d+ +(\d+)/g);
      return [...lines].reduce((sum, [, count]) => sum + Number(count), 0) <= 2 * SERVERS - ended;
    });
  }

  it('twos is not in this kernel, which strict mode says', async () => {
    await expect(proxy.switchMode('ipvs', { scheduler: 'twos', strict: true })).rejects.toThrow(
      /^can't use the IPVS proxier: scheduler twos: /,
    );
    expect(proxy.mode).toBe('ipvs');
  });
});

describe('what somebody else takes away', () => {
  it('is noticed, and put back', async () => {
    const take = (...argv: [string, ...string[]]) => net.kernel.run(net.node, [{ tool: 'command', argv }]);
    await take('ipvsadm', '--clear');
    await take('ip', 'link', 'delete', 'kube-ipvs0');
    await take('ipset', 'flush', 'KUBE-CLUSTER-IP');
    await take('iptables', '-t', 'nat', '-F', 'KUBE-SERVICES');
    // A look while a sync is under way says nothing.
    await eventually(async () => !(await proxy.checkRules()), 30_000);
    expect(await answers(net.client, '10.96.1.4', 1)).toEqual([expect.stringMatching(/^[bc]80/)]);
  });
});

describe('a change of mode', () => {
  it.each(['iptables', 'userspace'] as const)(
    'to %s and back under load loses no connection, from a pod, the node and outside; nothing of the former is left',
    async (other) => {
      const load = loadFrom(net.pods.a.netns, net.node, net.client);
      await load.progress();
      expect(await proxy.switchMode(other)).toEqual({ mode: other });
      await eventually(() => proxy.departing === undefined, 30_000);
      const sets = (await net.kernel.read(net.node, ['ipset', 'save'])).stdout;
      const save = (await net.kernel.read(net.node, ['iptables-save'])).stdout;
      expect([await listed('-Sn'), sets]).toEqual(['', '']);
      expect((await net.kernel.read(net.node, ['ip', 'link', 'show', 'kube-ipvs0'])).exitCode).not.toBe(0);
      expect(save).not.toMatch(/KUBE-(IPVS|LOAD-BALANCER|NODE-PORT$)/m);
      expect(save).toMatch(other === 'iptables' ? /KUBE-SVC-/ : /KUBE-PORTALS-HOST/);
      await load.progress();
      await proxy.switchMode('ipvs', { scheduler: 'rr' });
      expect((await net.kernel.read(net.node, ['iptables-save'])).stdout).not.toMatch(
        /KUBE-(SVC-|SEP-|EXT-|NODEPORTS|PROXY-CANARY|PORTALS)/,
      );
      await load.progress();
      expect(await load.stop()).toEqual([]);
    },
  );
});

/** New connections without a pause, one after another from each place. */
function loadFrom(...places: readonly string[]) {
  let isOver = false;
  let asked = 0;
  const failures: string[] = [];
  const loads = places.map(async (from) => {
    while (!isOver && failures.length < 10) {
      const [name] = await answers(from, '10.96.1.4', 1);
      asked += 1;
      if (!/^[bc]80/.test(name!)) failures.push(`${proxy.mode}, ${from}: ${name}`);
    }
  });
  return {
    async progress(): Promise<void> {
      const goal = asked + 20;
      await eventually(() => asked >= goal || failures.length > 0, 30_000);
    },
    async stop(): Promise<readonly string[]> {
      isOver = true;
      await Promise.all(loads);
      return failures;
    },
  };
}

describe('the tools', () => {
  it('take every sequence of changes, and list what was rendered', async () => {
    const [netns = ''] = await lab.create(['fuzzed']);
    const listings = async () =>
      await Promise.all(ipvsBackend.observe(4).map(async (argv) => (await lab.kernel.read(netns, argv)).stdout));
    await fc.assert(
      fc.asyncProperty(fc.array(arbitraryChange, { minLength: 5, maxLength: 12 }), async (changes) => {
        const tracker = new ServicePortTracker({ nodeName: NODE, family: 4 });
        let state: IpvsState = observeKernel(await listings(), 4);
        const sync = async () => {
          const plan = ipvsBackend.plan(desired(tracker.update().views), state);
          await lab.kernel.run(netns, plan.batches);
          state = plan.state;
        };
        for (const change of changes) if (!applyChange(tracker, change)) await sync();
        await sync();
        const now = await listings();
        expect([...ipvsBackend.differences(state, now, 4)]).toEqual([]);
      }),
      { numRuns: 3 },
    );
    await lab.kernel.run(netns, ipvsBackend.cleanup(observeKernel(await listings(), 4), 4));
    expect((await listings()).slice(0, 2)).toEqual(['', '']);
  });

  it.each([4, 6] as const)('take whatever Services and options there may be, in IPv%i', async (family) => {
    const [netns = ''] = await lab.create([`any${family}`], { ipv6: true });
    const listings = async () =>
      await Promise.all(ipvsBackend.observe(family).map(async (argv) => (await lab.kernel.read(netns, argv)).stdout));
    await fc.assert(
      fc.asyncProperty(arbitraryDesired(family), async (wanted) => {
        const plan = ipvsBackend.plan(wanted, observeKernel(await listings(), family));
        await lab.kernel.run(netns, plan.batches);
        expect([...ipvsBackend.differences(plan.state, await listings(), family)]).toEqual([]);
      }),
      // To shrink takes longer than a guest may.
      { numRuns: 2, endOnFailure: true },
    );
  });

  it('take IPv6 and SCTP, and packets follow', async () => {
    const [netns = ''] = await lab.create(['six'], { ipv6: true });
    await lab.kernel.run(netns, [{ tool: 'ip', ops: [{ op: 'address-add', cidr: 'fd00:1::11/128', device: 'lo' }] }]);
    await serveTcp(lab.kernel, netns, 'six', 8006, '::');
    const ports = [
      { name: 'p80', port: 80, protocol: 'TCP' },
      { name: 'sig', port: 2905, protocol: 'SCTP' },
    ];
    const views = viewsOf(
      [service({ clusterIP: 'fd00:96::1', ports })],
      [slice(['fd00:1::11'], { family: 6, ports: ports.map((port) => ({ ...port, port: 8006 })) })],
      { family: 6 },
    );
    const listings = async () =>
      await Promise.all(ipvsBackend.observe(6).map(async (argv) => (await lab.kernel.read(netns, argv)).stdout));
    const plan = ipvsBackend.plan({ views, facts: FACTS_6 }, observeKernel(await listings(), 6));
    await lab.kernel.run(netns, plan.batches);
    expect([...ipvsBackend.differences(plan.state, await listings(), 6)]).toEqual([]);
    const { stdout } = await lab.kernel.read(netns, ['ipvsadm', '-Sn']);
    expect(stdout).toContain('-A --sctp-service [fd00:96::1]:2905 -s rr\n');
    expect((await ask(lab.kernel, netns, 'fd00:96::1', 80)).text).toMatch(/^six /);
  });
});

describe('the endpoint that went', () => {
  it('has been removed once its connection had ended', async () => {
    await eventually(async () => !(await listed('-Sn')).includes('10.244.1.3:8003'), 40_000);
  });
});
