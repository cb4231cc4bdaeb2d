import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProxyFacts } from '../../../../src/proxy/backends/backend.ts';
import { iptablesBackend } from '../../../../src/proxy/backends/iptables/backend.ts';
import { planCleanup } from '../../../../src/proxy/backends/iptables/cleanup.ts';
import { planKubeletChains } from '../../../../src/proxy/backends/iptables/kubelet-chains.ts';
import { planIptables } from '../../../../src/proxy/backends/iptables/plan.ts';
import { type IptablesState, observeSave } from '../../../../src/proxy/backends/iptables/state.ts';
import { ServicePortTracker } from '../../../../src/proxy/service-port-tracker.ts';
import { applyChange, arbitraryChange } from '../../arbitrary-changes.ts';
import { desired, NODE, service, slice, viewsOf } from '../../fixtures.ts';
import { RuleModel, saveOf } from './rule-model.ts';

const DISPATCH = ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES', 'KUBE-NODEPORTS', 'KUBE-PROXY-FIREWALL'];
const EMPTY = observeSave('');

function textOf(batches: readonly { tool: string; text?: string }[]): string {
  return batches.map((batch) => (batch.tool === 'iptables-restore' ? batch.text : '')).join('');
}

function synced(views: Parameters<typeof desired>[0], facts: Partial<ProxyFacts> = {}): RuleModel {
  const model = new RuleModel();
  model.restore(textOf(planIptables(desired(views, facts), EMPTY).batches));
  return model;
}

const TWO = () => viewsOf([service()], [slice(['10.244.1.2', '10.244.2.2'])]);

describe('a full sync into an empty kernel', () => {
  it('writes what kube-proxy writes without Services', () => {
    const plan = planIptables(desired(new Map()), EMPTY);
    expect(plan.isFull).toBe(true);
    expect(plan.batches[0]).toEqual({ tool: 'sysctl', values: { 'net.ipv4.conf.all.route_localnet': 1 } });
    expect(synced(new Map()).dump()).toMatchInlineSnapshot(`
      "filter FORWARD
        -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
        -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
        -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
        -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
      filter INPUT
        -j KUBE-FIREWALL
        -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
        -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS
        -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
      filter KUBE-EXTERNAL-SERVICES
      filter KUBE-FIREWALL
        -m comment --comment "block incoming localnet connections" -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
      filter KUBE-FORWARD
        -m conntrack --ctstate INVALID -j DROP
        -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
        -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
      filter KUBE-NODEPORTS
      filter KUBE-PROXY-CANARY
      filter KUBE-PROXY-FIREWALL
      filter KUBE-SERVICES
      filter OUTPUT
        -j KUBE-FIREWALL
        -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
        -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
      mangle FORWARD
      mangle INPUT
      mangle KUBE-PROXY-CANARY
      mangle OUTPUT
      mangle POSTROUTING
      mangle PREROUTING
      nat INPUT
      nat KUBE-MARK-MASQ
        -j MARK --or-mark 0x4000
      nat KUBE-NODEPORTS
      nat KUBE-POSTROUTING
        -m mark ! --mark 0x4000/0x4000 -j RETURN
        -j MARK --xor-mark 0x4000
        -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
      nat KUBE-PROXY-CANARY
      nat KUBE-SERVICES
        -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
      nat OUTPUT
        -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
      nat POSTROUTING
        -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
      nat PREROUTING
        -m comment --comment "kubernetes service portals" -j KUBE-SERVICES"
    `);
  });

  it('makes the jumps effective last', () => {
    const text = textOf(planIptables(desired(TWO()), EMPTY).batches);
    expect(text.indexOf('-I PREROUTING')).toBeGreaterThan(text.lastIndexOf('KUBE-SEP-'));
  });

  it('goes in transactions of at most 250 Services', () => {
    const services = Array.from({ length: 600 }, (_, i) =>
      service({ clusterIP: `10.96.${i >> 8}.${i & 255}` }, `ns/s${i}`),
    );
    const slices = services.map((_, i) => slice(['10.244.1.2'], { service: `ns/s${i}` }));
    const text = textOf(planIptables(desired(viewsOf(services, slices)), EMPTY).batches);
    const perTransaction = text.split('COMMIT\n').map((part) => part.match(/^-I KUBE-SERVICES /gm)?.length ?? 0);
    expect(perTransaction.filter((count) => count > 0)).toEqual([250, 250, 100]);
  });
});

describe('a change of one Service', () => {
  const start = planIptables(desired(viewsOf([service()], [])), EMPTY).state;

  it('that gets endpoints: nat first, then the refusal goes', () => {
    expect(textOf(planIptables(desired(TWO()), start).batches)).toMatchInlineSnapshot(`
      "*nat
      :KUBE-SVC-XPGD46QRK7WJZT7O - [0:0]
      :KUBE-SEP-L3TFUSK6OKE6VLNJ - [0:0]
      :KUBE-SEP-GLTHT7HZASE4OEF2 - [0:0]
      -A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
      -A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 -> 10.244.1.2:80" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-L3TFUSK6OKE6VLNJ
      -A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 -> 10.244.2.2:80" -j KUBE-SEP-GLTHT7HZASE4OEF2
      -A KUBE-SEP-L3TFUSK6OKE6VLNJ -m comment --comment ns1/svc1:p80 -s 10.244.1.2 -j KUBE-MARK-MASQ
      -A KUBE-SEP-L3TFUSK6OKE6VLNJ -m comment --comment ns1/svc1:p80 -m tcp -p tcp -j DNAT --to-destination 10.244.1.2:80
      -A KUBE-SEP-GLTHT7HZASE4OEF2 -m comment --comment ns1/svc1:p80 -s 10.244.2.2 -j KUBE-MARK-MASQ
      -A KUBE-SEP-GLTHT7HZASE4OEF2 -m comment --comment ns1/svc1:p80 -m tcp -p tcp -j DNAT --to-destination 10.244.2.2:80
      -I KUBE-SERVICES -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j KUBE-SVC-XPGD46QRK7WJZT7O
      COMMIT
      *filter
      -D KUBE-SERVICES -m comment --comment "ns1/svc1:p80 has no endpoints" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j REJECT
      COMMIT
      "
    `);
  });

  it('that goes: its dispatch rule and its chains', () => {
    const plan = planIptables(desired(new Map()), planIptables(desired(TWO()), start).state);
    expect(plan.isFull).toBe(false);
    expect(textOf(plan.batches)).toMatchInlineSnapshot(`
      "*nat
      :KUBE-SVC-XPGD46QRK7WJZT7O - [0:0]
      :KUBE-SEP-L3TFUSK6OKE6VLNJ - [0:0]
      :KUBE-SEP-GLTHT7HZASE4OEF2 - [0:0]
      -D KUBE-SERVICES -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j KUBE-SVC-XPGD46QRK7WJZT7O
      -X KUBE-SVC-XPGD46QRK7WJZT7O
      -X KUBE-SEP-L3TFUSK6OKE6VLNJ
      -X KUBE-SEP-GLTHT7HZASE4OEF2
      COMMIT
      "
    `);
  });

  it('writes only the chains that differ', () => {
    const before = planIptables(desired(TWO()), EMPTY).state;
    const three = viewsOf([service()], [slice(['10.244.1.2', '10.244.2.2', '10.244.3.2'])]);
    const text = textOf(planIptables(desired(three), before).batches);
    expect(text.match(/^:(KUBE-SVC|KUBE-SEP)/gm)).toHaveLength(2);
    expect(text).not.toContain('KUBE-SERVICES');
  });

  // upstream: pkg/proxy/iptables/proxier.go, syncProxyRules ("Capture externalIPs" comes before "Capture load-balancer ingress")
  it('whose load balancer has an external IP: kube-proxy’s order and number of rules, whatever came first', () => {
    const balanced = (ingress: object[], externalIPs: string[], nodes = ['10.244.1.2']) =>
      viewsOf(
        [
          service({ type: 'LoadBalancer', externalIPs, loadBalancerSourceRanges: ['203.0.113.0/25'] }, 'ns1/svc1', {
            status: { loadBalancer: { ingress } },
          }),
        ],
        [slice(nodes)],
      );
    const IP = '192.0.2.7';
    const both = (nodes?: string[]) => balanced([{ ip: IP }], [IP], nodes);
    const ofAddress = (model: RuleModel) => model.rulesOf('nat', 'KUBE-SERVICES').filter((rule) => rule.includes(IP));
    for (const steps of [
      [both()],
      [balanced([{ ip: IP }], []), both()],
      [balanced([], [IP]), both()],
      [both([]), both()],
      [both(), both([]), balanced([], [IP], []), balanced([], [IP])],
      [both(), both([]), balanced([], [IP], []), viewsOf([])],
    ]) {
      const model = new RuleModel();
      let state: IptablesState = EMPTY;
      for (const views of steps) {
        const plan = planIptables(desired(views), state);
        model.restore(textOf(plan.batches));
        state = plan.state;
      }
      const resynced = synced(new Map());
      resynced.restore(textOf(planIptables(desired(steps.at(-1)!), observeSave(saveOf(resynced))).batches));
      expect(model.dump(DISPATCH)).toBe(resynced.dump(DISPATCH));
      expect(ofAddress(model)).toEqual(ofAddress(resynced));
    }
    expect(ofAddress(synced(both())).map((rule) => /"ns1\/svc1:p80 ([^"]+)"/.exec(rule)?.[1])).toEqual([
      'external IP',
      'loadbalancer IP',
    ]);
  });

  it('that renders the same runs nothing', () => {
    const before = planIptables(desired(TWO()), EMPTY).state;
    const hinted = viewsOf([service()], [slice(['10.244.1.2', { ip: '10.244.2.2', nodeName: 'node-2' }])]);
    expect(planIptables(desired(hinted), before).batches).toEqual([]);
  });
});

describe('a full sync over rules that stand', () => {
  it('repairs flushed, foreign and stale chains and keeps what is not ours', () => {
    const model = synced(TWO());
    model.restore(
      [
        '*nat',
        ':KUBE-SVC-STALESTALESTALES - [0:0]',
        ':KUBE-SEP-STALESTALESTALES - [0:0]',
        '-A KUBE-SVC-STALESTALESTALES -j KUBE-SEP-STALESTALESTALES',
        'COMMIT',
      ].join('\n'),
    );
    model.restore(
      '*filter\n:MINE - [0:0]\n-A MINE -j DROP\n:KUBE-SERVICES - [0:0]\n-A KUBE-SERVICES -j DROP\nCOMMIT\n',
    );
    model.restore('*nat\n:KUBE-SERVICES - [0:0]\nCOMMIT\n');
    model.restore(textOf(planIptables(desired(TWO()), observeSave(saveOf(model))).batches));
    const wanted = synced(TWO());
    wanted.restore('*filter\n:MINE - [0:0]\n-A MINE -j DROP\nCOMMIT\n');
    expect(model.dump(DISPATCH)).toBe(wanted.dump(DISPATCH));
  });

  it('follows a change of options', () => {
    const first = planIptables(desired(TWO()), EMPTY);
    const model = synced(TWO());
    const plan = planIptables(desired(TWO(), { masqueradeAll: true, nodePortIPs: ['192.168.1.11'] }), first.state);
    model.restore(textOf(plan.batches));
    expect(plan.isFull).toBe(true);
    expect(model.dump(DISPATCH)).toBe(
      synced(TWO(), { masqueradeAll: true, nodePortIPs: ['192.168.1.11'] }).dump(DISPATCH),
    );
  });
});

describe('where the kernel has packet counters', () => {
  const views = () =>
    viewsOf(
      [service({ type: 'NodePort', ports: [{ name: 'p80', port: 80, nodePort: 30080 }] })],
      [slice(['10.244.1.2'])],
    );
  const EXPECTED = [
    '-m comment --comment ns1/svc1:p80 -m tcp -p tcp -d 127.0.0.0/8 --dport 30080 -m nfacct --nfacct-name localhost_nps_accepted_pkts -j KUBE-EXT-XPGD46QRK7WJZT7O',
    '-m comment --comment ns1/svc1:p80 -m tcp -p tcp --dport 30080 -j KUBE-EXT-XPGD46QRK7WJZT7O',
  ];
  const counting = { hasPacketCounters: true };

  it('invalid packets and those to node ports on loopback are counted, whichever sync wrote the rules', () => {
    const model = synced(views(), counting);
    expect(model.rulesOf('nat', 'KUBE-NODEPORTS')).toEqual(EXPECTED);
    expect(model.rulesOf('filter', 'KUBE-FORWARD')[0]).toBe(
      '-m conntrack --ctstate INVALID -m nfacct --nfacct-name ct_state_invalid_dropped_pkts -j DROP',
    );
    model.restore(textOf(planIptables(desired(views(), counting), observeSave(saveOf(model))).batches));
    expect(model.rulesOf('nat', 'KUBE-NODEPORTS')).toEqual(EXPECTED);
    const added = synced(new Map(), counting);
    const { state } = planIptables(desired(new Map(), counting), EMPTY);
    added.restore(textOf(planIptables(desired(views(), counting), state).batches));
    expect(added.rulesOf('nat', 'KUBE-NODEPORTS')).toEqual(EXPECTED);
  });

  it('there is nothing to count where loopback has no node ports', () => {
    const rules = synced(views(), { ...counting, localhostNodePorts: false }).rulesOf('nat', 'KUBE-NODEPORTS');
    expect(rules).toEqual([EXPECTED[1]]);
  });
});

describe('clean-up', () => {
  it("leaves nothing but the kubelet's chains, in whichever order they came", () => {
    const model = new RuleModel();
    model.restore(textOf(planKubeletChains(4)));
    const before = model.dump();
    model.restore(textOf(planIptables(desired(TWO()), observeSave(saveOf(model))).batches));
    model.restore(textOf(planCleanup(observeSave(saveOf(model)), 4)));
    expect(model.dump()).toBe(before);
  });

  it('leaves what another backend has made its own', () => {
    const kept = {
      chains: new Set(['nat KUBE-SERVICES', 'nat KUBE-MARK-MASQ', 'filter KUBE-FORWARD']),
      jumps: new Set(['nat PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES']),
    };
    const model = synced(TWO());
    model.restore('*nat\n:KUBE-SERVICES - [0:0]\nCOMMIT\n');
    model.restore(textOf(planCleanup(observeSave(saveOf(model)), 4, kept)));
    const { nat, filter } = observeSave(saveOf(model)).chains;
    expect([...nat].sort()).toEqual(['KUBE-MARK-MASQ', 'KUBE-SERVICES']);
    expect([...filter].sort()).toEqual(['KUBE-FIREWALL', 'KUBE-FORWARD']);
    expect(model.dump().match(/ -j KUBE-SERVICES/g)).toHaveLength(1);
  });

  it('is what the backend does from its own state, too', () => {
    const plan = planIptables(desired(TWO()), EMPTY);
    const model = synced(TWO());
    model.restore(textOf(iptablesBackend.cleanup(plan.state, 4)));
    expect(model.dump()).not.toContain('KUBE-S');
  });
});

describe('any sequence of changes', () => {
  it('gives the rules of one full sync of the end state', () => {
    fc.assert(
      fc.property(fc.array(arbitraryChange, { maxLength: 25 }), (changes) => {
        const tracker = new ServicePortTracker({ nodeName: NODE, family: 4 });
        const model = new RuleModel();
        let state: IptablesState = EMPTY;
        const sync = () => {
          const plan = planIptables(desired(tracker.update().views), state);
          model.restore(textOf(plan.batches));
          state = plan.state;
        };
        for (const change of changes) {
          if (applyChange(tracker, change)) continue;
          if (change.kind === 'lost') state = observeSave(saveOf(model));
          else sync();
        }
        sync();
        expect(model.dump(DISPATCH)).toBe(synced(tracker.update().views).dump(DISPATCH));
      }),
      { numRuns: 300 },
    );
  });
});
