import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHAINS } from '../../../../src/proxy/backends/userspace/chain-names.ts';
import { planCleanup, planUserspace } from '../../../../src/proxy/backends/userspace/plan.ts';
import { observeSave } from '../../../../src/proxy/backends/userspace/state.ts';
import { ServicePortTracker } from '../../../../src/proxy/service-port-tracker.ts';
import { applyChange, arbitraryChange } from '../../arbitrary-changes.ts';
import { FACTS_6, NODE, service, slice, viewsOf } from '../../fixtures.ts';
import { RuleModel, saveOf } from '../iptables/rule-model.ts';
import { desired, EMPTY, Ports, synced, textOf } from './rules-under-test.ts';

const OWN = [...CHAINS.nat, ...CHAINS.filter];

const NODE_PORT = () =>
  viewsOf(
    [service({ type: 'NodePort', ports: [{ name: 'p80', port: 80, nodePort: 30080 }], externalIPs: ['192.0.2.7'] })],
    [slice(['10.244.1.2', '10.244.2.2'])],
  );

describe('a full sync into an empty kernel', () => {
  it('writes what the first kube-proxy wrote', () => {
    const plan = planUserspace(desired(NODE_PORT()), EMPTY);
    expect(plan.isFull).toBe(true);
    expect(synced(desired(NODE_PORT())).dump()).toMatchInlineSnapshot(`
      "filter FORWARD
        -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PORTALS-FIREWALL
      filter INPUT
        -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PORTALS-FIREWALL
        -m comment --comment "Ensure that non-local NodePort traffic can flow" -j KUBE-NODEPORT-NON-LOCAL
      filter KUBE-NODEPORT-NON-LOCAL
        -m comment --comment ns1/svc1:p80 -p tcp -m tcp --dport 40001 -m state --state NEW -j ACCEPT
      filter KUBE-PORTALS-FIREWALL
      filter OUTPUT
        -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PORTALS-FIREWALL
      mangle FORWARD
      mangle INPUT
      mangle OUTPUT
      mangle POSTROUTING
      mangle PREROUTING
      nat INPUT
      nat KUBE-NODEPORT-CONTAINER
        -m comment --comment ns1/svc1:p80 -p tcp -m tcp --dport 30080 -j REDIRECT --to-ports 40001
      nat KUBE-NODEPORT-HOST
        -m comment --comment ns1/svc1:p80 -p tcp -m tcp --dport 30080 -j DNAT --to-destination 192.168.1.11:40001
      nat KUBE-PORTALS-CONTAINER
        -m comment --comment ns1/svc1:p80 -p tcp -m tcp --dport 80 -d 172.30.0.41/32 -j REDIRECT --to-ports 40001
        -m comment --comment ns1/svc1:p80 -p tcp -m tcp --dport 80 -d 192.0.2.7/32 -j REDIRECT --to-ports 40001
      nat KUBE-PORTALS-HOST
        -m comment --comment ns1/svc1:p80 -p tcp -m tcp --dport 80 -d 172.30.0.41/32 -j DNAT --to-destination 192.168.1.11:40001
        -m comment --comment ns1/svc1:p80 -p tcp -m tcp --dport 80 -d 192.0.2.7/32 -j DNAT --to-destination 192.168.1.11:40001
      nat OUTPUT
        -m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules" -j KUBE-PORTALS-HOST
        -m addrtype --dst-type LOCAL -m comment --comment "handle service NodePorts; NOTE: this must be the last rule in the chain" -j KUBE-NODEPORT-HOST
      nat POSTROUTING
      nat PREROUTING
        -m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules" -j KUBE-PORTALS-CONTAINER
        -m addrtype --dst-type LOCAL -m comment --comment "handle service NodePorts; NOTE: this must be the last rule in the chain" -j KUBE-NODEPORT-CONTAINER"
    `);
  });

  it('makes the jumps effective last', () => {
    const text = textOf(planUserspace(desired(NODE_PORT()), EMPTY).batches);
    expect(text.indexOf('-I PREROUTING')).toBeGreaterThan(text.lastIndexOf('--to-ports'));
  });

  it('goes in transactions of at most 250 Services', () => {
    const services = Array.from({ length: 600 }, (_, i) =>
      service({ clusterIP: `10.96.${i >> 8}.${i & 255}` }, `ns/s${i}`),
    );
    const text = textOf(planUserspace(desired(viewsOf(services)), EMPTY).batches);
    const perTransaction = text.split('COMMIT\n').map((part) => part.match(/--to-ports/g)?.length ?? 0);
    expect(perTransaction.filter((count) => count > 0)).toEqual([250, 250, 100]);
  });

  it('is the same in IPv6', () => {
    const views = viewsOf([service({ clusterIP: 'fd00:96::1' })], [slice(['fd00:244::2'], { family: 6 })], {
      family: 6,
    });
    expect(synced(desired(views, new Ports(), FACTS_6)).rulesOf('nat', 'KUBE-PORTALS-HOST')).toEqual([
      '-m comment --comment ns1/svc1:p80 -p tcp -m tcp --dport 80 -d fd00:96::1/128 -j DNAT --to-destination [fd00:1::11]:40001',
    ]);
  });

  it('has no rule for SCTP, which the userspace proxy never had', () => {
    const views = viewsOf([service({ ports: [{ port: 80, protocol: 'SCTP' }] })]);
    expect(textOf(planUserspace(desired(views), EMPTY).batches)).not.toContain('sctp');
  });
});

describe('a change of one Service', () => {
  const ports = new Ports();
  const start = planUserspace(desired(viewsOf([service()]), ports), EMPTY).state;

  it('of its endpoints alone changes no rule', () => {
    const views = viewsOf([service()], [slice(['10.244.1.2'])]);
    const plan = planUserspace(desired(views, ports), start);
    expect(plan).toMatchObject({ batches: [], isFull: false });
  });

  it('of its ports writes its own rules', () => {
    const views = viewsOf([service({ type: 'NodePort', ports: [{ name: 'p80', port: 80, nodePort: 30080 }] })]);
    expect(textOf(planUserspace(desired(views, ports), start).batches)).toMatchInlineSnapshot(`
      "*filter
      -A KUBE-NODEPORT-NON-LOCAL -m comment --comment ns1/svc1:p80 -p tcp -m tcp --dport 40001 -m state --state NEW -j ACCEPT
      COMMIT
      *nat
      -A KUBE-NODEPORT-CONTAINER -m comment --comment ns1/svc1:p80 -p tcp -m tcp --dport 30080 -j REDIRECT --to-ports 40001
      -A KUBE-NODEPORT-HOST -m comment --comment ns1/svc1:p80 -p tcp -m tcp --dport 30080 -j DNAT --to-destination 192.168.1.11:40001
      COMMIT
      "
    `);
  });

  it('of its relay’s port follows the relay', () => {
    const views = viewsOf([service()]);
    const moved = { ...desired(views, ports), relayPorts: new Map([['ns1/svc1:p80/TCP', 50_000]]) };
    expect(textOf(planUserspace(moved, start).batches)).toMatchInlineSnapshot(`
      "*nat
      -D KUBE-PORTALS-CONTAINER -m comment --comment ns1/svc1:p80 -p tcp -m tcp --dport 80 -d 172.30.0.41/32 -j REDIRECT --to-ports 40001
      -A KUBE-PORTALS-CONTAINER -m comment --comment ns1/svc1:p80 -p tcp -m tcp --dport 80 -d 172.30.0.41/32 -j REDIRECT --to-ports 50000
      -D KUBE-PORTALS-HOST -m comment --comment ns1/svc1:p80 -p tcp -m tcp --dport 80 -d 172.30.0.41/32 -j DNAT --to-destination 192.168.1.11:40001
      -A KUBE-PORTALS-HOST -m comment --comment ns1/svc1:p80 -p tcp -m tcp --dport 80 -d 172.30.0.41/32 -j DNAT --to-destination 192.168.1.11:50000
      COMMIT
      "
    `);
  });

  it('that goes leaves none', () => {
    expect(textOf(planUserspace(desired(new Map(), ports), start).batches)).toMatchInlineSnapshot(`
      "*nat
      -D KUBE-PORTALS-CONTAINER -m comment --comment ns1/svc1:p80 -p tcp -m tcp --dport 80 -d 172.30.0.41/32 -j REDIRECT --to-ports 40001
      -D KUBE-PORTALS-HOST -m comment --comment ns1/svc1:p80 -p tcp -m tcp --dport 80 -d 172.30.0.41/32 -j DNAT --to-destination 192.168.1.11:40001
      COMMIT
      "
    `);
  });
});

describe('a full sync over rules that stand', () => {
  it('repairs flushed and foreign rules, and keeps what is not ours', () => {
    const wanted = desired(NODE_PORT());
    const model = synced(wanted);
    model.restore(
      '*nat\n:MINE - [0:0]\n-A MINE -j ACCEPT\n:KUBE-PORTALS-HOST - [0:0]\n-A KUBE-PORTALS-HOST -j ACCEPT\nCOMMIT\n',
    );
    for (const rule of model.rulesOf('nat', 'PREROUTING')) model.restore(`*nat\n-D PREROUTING ${rule}\nCOMMIT\n`);
    model.restore(textOf(planUserspace(wanted, observeSave(saveOf(model))).batches));
    const expected = synced(wanted);
    expected.restore('*nat\n:MINE - [0:0]\n-A MINE -j ACCEPT\nCOMMIT\n');
    expect(model.dump()).toBe(expected.dump());
  });
});

describe('clean-up', () => {
  it('leaves nothing, and ends UDP flows to relays', () => {
    const views = viewsOf([service({ ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] })]);
    const model = synced(desired(views));
    const batches = planCleanup(observeSave(saveOf(model)), 4);
    for (const batch of batches) if (batch.tool === 'iptables-restore') model.restore(batch.text);
    expect(model.dump()).toBe(new RuleModel().dump());
    expect(textOf(batches)).toContain('conntrack -D -f ipv4 -p udp --reply-port-src 40001');
  });

  it('is the same from what it wrote itself', () => {
    const plan = planUserspace(desired(NODE_PORT()), EMPTY);
    const model = synced(desired(NODE_PORT()));
    model.restore(textOf(planCleanup(plan.state, 4)));
    expect(model.dump()).toBe(new RuleModel().dump());
  });
});

describe('any sequence of changes', () => {
  it('gives the rules of one full sync of the end state', () => {
    fc.assert(
      fc.property(fc.array(arbitraryChange, { maxLength: 25 }), (changes) => {
        const tracker = new ServicePortTracker({ nodeName: NODE, family: 4 });
        const ports = new Ports();
        const model = new RuleModel();
        let state = EMPTY;
        const sync = () => {
          const plan = planUserspace(desired(tracker.update().views, ports), state);
          model.restore(textOf(plan.batches));
          state = plan.state;
        };
        for (const change of changes) {
          if (applyChange(tracker, change)) continue;
          if (change.kind === 'lost') state = observeSave(saveOf(model));
          else sync();
        }
        sync();
        expect(model.dump(OWN)).toBe(synced(desired(tracker.update().views, ports)).dump(OWN));
      }),
      { numRuns: 300 },
    );
  });
});
