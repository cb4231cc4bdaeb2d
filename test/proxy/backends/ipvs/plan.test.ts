import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Batch } from '../../../../src/kernel/kernel.ts';
import { ipvsBackend } from '../../../../src/proxy/backends/ipvs/backend.ts';
import { NODE_ADDRESSES } from '../../../../src/proxy/backends/ipvs/observe.ts';
import type { IpvsState } from '../../../../src/proxy/backends/ipvs/state.ts';
import { ServicePortTracker } from '../../../../src/proxy/service-port-tracker.ts';
import { applyChange, arbitraryChange } from '../../arbitrary-changes.ts';
import { FACTS_4, FACTS_6, NODE, service, slice, viewsOf } from '../../fixtures.ts';
import { IpvsModel } from './ipvs-model.ts';
import { observedOf, planOn, sync, synced } from './syncs.ts';

const SLICES = [slice(['10.244.1.2', '10.244.2.2'])];
const ONE = () => viewsOf([service()], SLICES);
const FEWER = () => viewsOf([service()], [slice(['10.244.2.2'])]);
const VIP = 'TCP 172.30.0.41:80';

function texts(batches: readonly Batch[]): string[] {
  return batches.map((batch) => ('text' in batch ? batch.text : JSON.stringify(batch)));
}

/** A later plan of the same model. */
function next(model: IpvsModel, state: IpvsState, views: ReturnType<typeof viewsOf>) {
  return sync(model, views, state);
}

describe('a change', () => {
  it('of nothing writes nothing, also over what an observed kernel has', () => {
    const model = new IpvsModel();
    const { state } = sync(model, ONE());
    expect(next(model, state, ONE()).batches).toEqual([]);
    const again = sync(model, ONE());
    expect(again.isFull).toBe(true);
    // Parameters and chains are written after a start; entries, servers and addresses are not.
    expect(again.batches.map(({ tool }) => tool)).toEqual(['sysctl', 'iptables-restore']);
  });

  it('of one endpoint is one line each', () => {
    const model = new IpvsModel();
    const { state } = sync(model, FEWER());
    const plan = next(model, state, ONE());
    expect(plan.isFull).toBe(false);
    expect(texts(plan.batches)).toEqual(['-a -t 172.30.0.41:80 -r 10.244.1.2:80 -m -w 1\n']);
    const leaving = next(model, plan.state, FEWER());
    expect(texts(leaving.batches)).toEqual(['-e -t 172.30.0.41:80 -r 10.244.1.2:80 -m -w 0\n']);
    expect(texts(next(model, leaving.state, FEWER()).batches)).toEqual(['-d -t 172.30.0.41:80 -r 10.244.1.2:80\n']);
  });

  it('of affinity edits the virtual server in place', () => {
    const model = new IpvsModel();
    const { state } = sync(model, ONE());
    const sticky = viewsOf([service({ sessionAffinity: 'ClientIP' })], [slice(['10.244.1.2', '10.244.2.2'])]);
    expect(texts(next(model, state, sticky).batches)).toEqual(['-E -t 172.30.0.41:80 -s rr -p 10800\n']);
  });

  it('of the scheduler edits every virtual server, and mh hashes over ports too', () => {
    const model = new IpvsModel();
    const { state } = sync(model, ONE());
    const plan = sync(model, ONE(), state, { ipvs: { ...FACTS_4.ipvs, scheduler: 'mh' } });
    expect(texts(plan.batches)).toEqual(['-E -t 172.30.0.41:80 -s mh -b mh-port\n']);
  });

  it('of another Service leaves an address that two have in common', () => {
    const shared = (name: string, port: number) =>
      service({ clusterIP: '172.30.0.50', ports: [{ name: 'p', port }], externalIPs: ['192.0.2.7'] }, name);
    const model = new IpvsModel();
    const { state } = sync(model, viewsOf([shared('ns/a', 80), shared('ns/b', 81)]));
    const plan = next(model, state, viewsOf([shared('ns/a', 80)]));
    expect(model.device).toEqual(new Set(['172.30.0.50', '192.0.2.7']));
    next(model, plan.state, viewsOf([]));
    expect(model.device).toEqual(new Set());
    expect(model.servers.size).toBe(0);
  });

  it('of the node’s addresses moves its node ports with them', () => {
    const views = () =>
      viewsOf(
        [service({ type: 'NodePort', ports: [{ name: 'p80', port: 80, nodePort: 30080 }] })],
        [slice(['10.244.1.2'])],
      );
    const model = new IpvsModel(['192.168.1.11']);
    const { state } = sync(model, views());
    model.nodeAddresses.push('10.244.1.1', '127.0.0.1', 'fe80::1');
    const plan = next(model, state, views());
    expect(texts(plan.batches)).toEqual([
      '-A -t 10.244.1.1:30080 -s rr\n-a -t 10.244.1.1:30080 -r 10.244.1.2:80 -m -w 1\n',
    ]);
  });

  it('makes nothing of an external IP that the node itself has', () => {
    const model = synced(viewsOf([service({ externalIPs: ['192.168.1.11'] })], [slice(['10.244.1.2'])]));
    expect(model.device).toEqual(new Set(['172.30.0.41']));
    expect([...model.servers.keys()]).toContain('TCP 192.168.1.11:80');
  });
});

describe('an endpoint that goes', () => {
  it('takes no new connections, and is removed when its last one has ended', () => {
    const model = new IpvsModel();
    const first = sync(model, ONE());
    model.connect(VIP, '10.244.1.2:80', 2);
    const leaving = next(model, first.state, FEWER());
    expect(texts(leaving.batches)).toEqual(['-e -t 172.30.0.41:80 -r 10.244.1.2:80 -m -w 0\n']);
    expect(leaving.isUnfinished).toBe(true);
    const waiting = next(model, leaving.state, FEWER());
    expect(waiting).toMatchObject({ batches: [], isUnfinished: true });
    model.connect(VIP, '10.244.1.2:80', 0);
    const gone = next(model, waiting.state, FEWER());
    expect(texts(gone.batches)).toEqual(['-d -t 172.30.0.41:80 -r 10.244.1.2:80\n']);
    expect(gone.isUnfinished).toBe(false);
  });

  it('and comes back takes connections again', () => {
    const model = new IpvsModel();
    const first = sync(model, ONE());
    model.connect(VIP, '10.244.1.2:80', 2);
    const leaving = next(model, first.state, FEWER());
    const back = next(model, leaving.state, ONE());
    expect(texts(back.batches)).toEqual(['-e -t 172.30.0.41:80 -r 10.244.1.2:80 -m -w 1\n']);
    expect(back.isUnfinished).toBe(false);
  });

  it('is known to a kube-proxy that starts meanwhile', () => {
    const model = new IpvsModel();
    const first = sync(model, ONE());
    model.connect(VIP, '10.244.1.2:80', 2);
    next(model, first.state, FEWER());
    const restarted = sync(model, FEWER());
    expect(restarted.isUnfinished).toBe(true);
    model.connect(VIP, '10.244.1.2:80', 0);
    expect(texts(next(model, restarted.state, FEWER()).batches)).toEqual(['-d -t 172.30.0.41:80 -r 10.244.1.2:80\n']);
  });

  it('goes with its Service at once', () => {
    const model = new IpvsModel();
    const first = sync(model, ONE());
    model.connect(VIP, '10.244.1.2:80', 2);
    const leaving = next(model, first.state, FEWER());
    const plan = next(model, leaving.state, viewsOf([]));
    expect(plan.isUnfinished).toBe(false);
    expect(model.servers.size).toBe(0);
  });

  it.each(['UDP', 'SCTP'] as const)('over %s goes at once: kube-proxy waits for TCP alone', (protocol) => {
    const ports = [{ name: 'p80', port: 80, protocol }];
    const views = (ips: string[]) => viewsOf([service({ ports })], [slice(ips, { ports })]);
    const model = new IpvsModel();
    const first = sync(model, views(['10.244.1.2', '10.244.2.2']));
    model.connect(`${protocol} 172.30.0.41:80`, '10.244.1.2:80', 5);
    const plan = next(model, first.state, views(['10.244.2.2']));
    expect(texts(plan.batches)[0]).toMatch(/^-d \S+ 172\.30\.0\.41:80 -r 10\.244\.1\.2:80\n$/);
    expect(plan.isUnfinished).toBe(false);
  });

  it('is never removed at once: it may have met a connection since it was asked for them', () => {
    const model = new IpvsModel();
    const first = sync(model, ONE());
    const leaving = next(model, first.state, FEWER());
    expect(texts(leaving.batches)).toEqual(['-e -t 172.30.0.41:80 -r 10.244.1.2:80 -m -w 0\n']);
    expect(leaving.isUnfinished).toBe(true);
  });

  it('is asked for connections once it takes no more, and its virtual servers alone while they are few', () => {
    const model = new IpvsModel();
    const { state } = sync(model, ONE());
    const questions = (views: ReturnType<typeof viewsOf>, from: IpvsState) =>
      ipvsBackend.questions!({ views, facts: FACTS_4 }, from).map((argv) => argv.join(' '));
    expect(questions(FEWER(), state)).toEqual([]);
    expect(questions(FEWER(), next(model, state, FEWER()).state)).toEqual(['ipvsadm -Ln -t 172.30.0.41:80']);
    const many = (ips: string[]) =>
      viewsOf([service({ externalIPs: [1, 2, 3, 4].map((each) => `192.0.2.${each}`) })], [slice(ips)]);
    const other = new IpvsModel();
    const { state: four } = sync(other, many(['10.244.1.2', '10.244.2.2']));
    const left = next(other, four, many(['10.244.2.2']));
    expect(questions(many(['10.244.2.2']), left.state)).toEqual(['ip -json address show up', 'ipvsadm -Ln']);
  });

  it('asks for the node’s addresses only where a Service has to do with them', () => {
    const model = new IpvsModel([FACTS_4.nodeIP]);
    const { state } = sync(model, ONE());
    const views = viewsOf([service({ type: 'NodePort', ports: [{ name: 'p80', port: 80, nodePort: 30080 }] })], SLICES);
    expect(ipvsBackend.questions!({ views, facts: FACTS_4 }, state)).toEqual([NODE_ADDRESSES]);
    expect(ipvsBackend.questions!({ views: ONE(), facts: FACTS_4 }, next(model, state, views).state)).toEqual([]);
  });
});

describe('what stands', () => {
  const lost = (model: IpvsModel, state: IpvsState) => [...ipvsBackend.differences(state, model.listings(), 4)];

  it.each<[string, (model: IpvsModel) => void]>([
    ['a virtual server', (model) => model.servers.delete(VIP)],
    ['a real server', (model) => model.servers.get(VIP)!.reals.delete('10.244.1.2:80')],
    ['a weight', (model) => model.run([{ tool: 'ipvsadm', text: '-e -t 172.30.0.41:80 -r 10.244.1.2:80 -m -w 7\n' }])],
    ['a scheduler', (model) => model.run([{ tool: 'ipvsadm', text: '-E -t 172.30.0.41:80 -s lc\n' }])],
    ['a set', (model) => model.sets.get('KUBE-CLUSTER-IP')!.entries.clear()],
    ['an address', (model) => model.device!.clear()],
    ['the device', (model) => model.run([{ tool: 'ip', ops: [{ op: 'link-delete', name: 'kube-ipvs0' }] }])],
    ['a rule', (model) => model.rules.restore('*nat\n:KUBE-SERVICES - [0:0]\nCOMMIT\n')],
    [
      'a jump',
      (model) =>
        model.rules.restore(
          `*filter\n-D ${model.rules.rulesOf('filter', 'INPUT').map((rule) => `INPUT ${rule}`)[0]}\nCOMMIT\n`,
        ),
    ],
  ])('is found to lack %s, and is made whole', (_, lose) => {
    const model = new IpvsModel();
    const { state } = sync(model, ONE());
    const before = model.dump();
    expect(lost(model, state)).toEqual([]);
    lose(model);
    expect(lost(model, state)).not.toEqual([]);
    sync(model, ONE());
    expect(model.dump()).toBe(before);
  });

  it('is whole while an endpoint is leaving', () => {
    const model = new IpvsModel();
    const first = sync(model, ONE());
    model.connect(VIP, '10.244.1.2:80', 2);
    expect(lost(model, next(model, first.state, FEWER()).state)).toEqual([]);
  });

  it('of others is left alone where the configuration says so', () => {
    const model = new IpvsModel();
    model.run([{ tool: 'ipvsadm', text: '-A -t 203.0.113.9:80 -s rr\n-A -t 203.0.114.9:80 -s rr\n' }]);
    sync(model, ONE(), undefined, { ipvs: { ...FACTS_4.ipvs, excludeCIDRs: ['203.0.113.0/24'] } });
    expect([...model.servers.keys()].sort()).toEqual([VIP, 'TCP 203.0.113.9:80']);
  });
});

describe('clean-up', () => {
  it('leaves nothing', () => {
    const model = new IpvsModel();
    const before = model.dump();
    sync(model, ONE());
    model.run(ipvsBackend.cleanup(observedOf(model), 4));
    expect(model.dump()).toBe(before);
    expect(ipvsBackend.cleanup(observedOf(model), 4)).toEqual([]);
  });

  it('leaves the other family its device', () => {
    const model = new IpvsModel(['192.168.1.11', 'fd00:1::11']);
    sync(model, ONE());
    const views6 = viewsOf([service({ clusterIP: 'fd00:96::1' })], [slice(['fd00:244::2'], { family: 6 })], {
      family: 6,
    });
    sync(model, views6, undefined, FACTS_6);
    expect(model.device).toEqual(new Set(['172.30.0.41', 'fd00:96::1']));
    model.run(ipvsBackend.cleanup(observedOf(model, 4), 4));
    expect(model.device).toEqual(new Set(['fd00:96::1']));
    expect([...model.servers.keys()]).toEqual(['TCP [fd00:96::1]:80']);
    expect([...model.sets.keys()].every((name) => name.startsWith('KUBE-6-'))).toBe(true);
  });

  it('leaves what the iptables backend has made its own', () => {
    const model = synced(ONE());
    const kept = {
      chains: new Set(['nat KUBE-SERVICES', 'nat KUBE-POSTROUTING', 'nat KUBE-MARK-MASQ']),
      jumps: new Set<string>(),
    };
    model.run([
      {
        tool: 'iptables-restore',
        family: 4,
        text: '*nat\n:KUBE-SERVICES - [0:0]\n:KUBE-POSTROUTING - [0:0]\nCOMMIT\n',
      },
    ]);
    model.run(ipvsBackend.cleanup(observedOf(model), 4, kept));
    expect(model.rules.dump()).toContain('nat KUBE-SERVICES');
    expect(model.rules.dump()).not.toContain('KUBE-NODE-PORT');
    expect(model.sets.size).toBe(0);
  });
});

describe('settings', () => {
  const sysctlsOf = (kernelRelease: string, ipvs: Partial<typeof FACTS_4.ipvs> = {}) => {
    const facts = { ...FACTS_4, kernelRelease, ipvs: { ...FACTS_4.ipvs, ...ipvs } };
    return planOn(new IpvsModel(), { views: viewsOf([]), facts }).batches;
  };
  const BASE = {
    'net.ipv4.vs.conntrack': 1,
    'net.ipv4.vs.expire_nodest_conn': 1,
    'net.ipv4.vs.expire_quiescent_template': 1,
    'net.ipv4.ip_forward': 1,
  };

  it.each([
    ['6.18.2', BASE],
    ['5.9.0', BASE],
    ['5.8.18-generic', { ...BASE, 'net.ipv4.vs.conn_reuse_mode': 0 }],
    ['4.1.0', { ...BASE, 'net.ipv4.vs.conn_reuse_mode': 0 }],
    ['3.10.107', BASE],
  ])('on Linux %s', (release, values) => {
    expect(sysctlsOf(release)[0]).toEqual({ tool: 'sysctl', values });
  });

  it('strict ARP and timeouts', () => {
    const [sysctls, timeouts] = sysctlsOf('6.1.0', { strictARP: true, tcpTimeout: 900, udpTimeout: 300 });
    expect(sysctls).toMatchObject({
      values: { ...BASE, 'net.ipv4.conf.all.arp_ignore': 1, 'net.ipv4.conf.all.arp_announce': 2 },
    });
    expect(timeouts).toEqual({ tool: 'command', argv: ['ipvsadm', '--set', '900', '0', '300'] });
  });
});

describe('any sequence of changes', () => {
  it('gives the kernel of one full sync of the end state', () => {
    fc.assert(
      fc.property(fc.array(arbitraryChange, { maxLength: 25 }), fc.boolean(), (changes, hasConnections) => {
        const tracker = new ServicePortTracker({ nodeName: NODE, family: 4 });
        const model = new IpvsModel();
        let state: IpvsState | undefined;
        const write = () => {
          state = sync(model, tracker.update().views, state).state;
        };
        for (const change of changes) {
          if (hasConnections)
            for (const { reals } of model.servers.values()) for (const real of reals.values()) real.connections = 1;
          if (applyChange(tracker, change)) continue;
          if (change.kind === 'lost') state = undefined;
          else write();
        }
        write();
        // What still leaves has gone by the next look.
        for (const { reals } of model.servers.values()) for (const real of reals.values()) real.connections = 0;
        write();
        expect(model.dump()).toBe(synced(tracker.update().views).dump());
        expect([...ipvsBackend.differences(state!, model.listings(), 4)]).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
