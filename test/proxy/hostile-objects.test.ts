/**
 * No text of an object becomes part of a rule, even if an API server let it in: whatever carries the mark is found in
 * no batch of any backend. The mark has capital letters, which no name of Kubernetes' has.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { EndpointSlice, Service } from '../../src/objects/wire.ts';
import { defaultFacts } from '../../src/proxy/backends/backend.ts';
import { planIptables } from '../../src/proxy/backends/iptables/plan.ts';
import { observeSave } from '../../src/proxy/backends/iptables/state.ts';
import { observeKernel } from '../../src/proxy/backends/ipvs/observe.ts';
import { planIpvs } from '../../src/proxy/backends/ipvs/plan.ts';
import { planNftables } from '../../src/proxy/backends/nftables/plan.ts';
import { NOTHING } from '../../src/proxy/backends/nftables/state.ts';
import { planUserspace } from '../../src/proxy/backends/userspace/plan.ts';
import { observeSave as observePortals } from '../../src/proxy/backends/userspace/state.ts';
import { ServicePortTracker } from '../../src/proxy/service-port-tracker.ts';
import { Ports } from './backends/userspace/rules-under-test.ts';
import { NODE } from './fixtures.ts';

const MARK = 'EVIL';
const FACTS = defaultFacts({
  family: 4,
  nodeIP: '192.168.1.11',
  localTraffic: { by: 'cidr', cidr: '10.244.0.0/16' },
});

const hostile = fc
  .tuple(
    fc.constantFrom('', '10.0.0.1', 'web', '10.0.0.0/8', '1.2.3.4 ', '::1'),
    fc.constantFrom(
      '',
      ' ',
      '"',
      "'",
      '\n',
      '\\',
      ';',
      '$(',
      '`',
      '\0',
      '" -j DROP\n-A OUTPUT -j DROP\n#',
      '\nCOMMIT\n*nat\n',
      '} ',
      '\n; flush ruleset; ',
    ),
    fc.string(),
  )
  .map(([start, break_, rest]) => `${start}${break_}${MARK}${rest}`);

/** Mostly what belongs there. */
const word = (...good: string[]) => fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...good) }, hostile);
const address = word('10.96.0.1', '10.96.0.2', '192.0.2.7');
const names = fc.dictionary(word('app', 'service.kubernetes.io/topology-mode'), word('a', 'Auto'), { maxKeys: 3 });
const port = fc.record({
  name: word('', 'http', 'https'),
  port: fc.oneof(fc.constantFrom(80, 443), hostile),
  protocol: word('TCP', 'UDP', 'SCTP'),
  nodePort: fc.oneof(fc.constantFrom(undefined, 30_080), hostile),
  targetPort: word('8080'),
  appProtocol: hostile,
});

const service = fc.record({
  metadata: fc.record({ namespace: word('ns'), name: word('svc'), labels: names, annotations: names }),
  spec: fc.record({
    type: word('ClusterIP', 'NodePort', 'LoadBalancer'),
    clusterIP: address,
    ports: fc.array(port, { minLength: 1, maxLength: 3 }),
    externalIPs: fc.array(address, { maxLength: 2 }),
    loadBalancerSourceRanges: fc.array(word('10.0.0.0/8', '192.0.2.0/24 '), { maxLength: 2 }),
    externalTrafficPolicy: word('Local', 'Cluster'),
    internalTrafficPolicy: word('Local', 'Cluster'),
    sessionAffinity: word('ClientIP', 'None'),
    sessionAffinityConfig: fc.record({
      clientIP: fc.record({ timeoutSeconds: fc.oneof(fc.constantFrom(undefined, 600), hostile) }),
    }),
    healthCheckNodePort: fc.oneof(fc.constantFrom(undefined, 32_000), hostile),
    trafficDistribution: word('PreferClose'),
  }),
  status: fc.record({
    loadBalancer: fc.record({ ingress: fc.array(fc.record({ ip: address, hostname: hostile }), { maxLength: 2 }) }),
  }),
});

const slice = fc.record({
  metadata: fc.record({
    namespace: word('ns'),
    name: word('svc-1'),
    labels: word('svc').map((name) => ({ 'kubernetes.io/service-name': name })),
    annotations: names,
  }),
  addressType: word('IPv4'),
  ports: fc.array(port, { minLength: 1, maxLength: 2 }),
  endpoints: fc.array(
    fc.record({
      addresses: fc.array(word('10.244.1.2', '10.244.1.3'), { minLength: 1, maxLength: 2 }),
      nodeName: word(NODE, 'node-2'),
      hostname: hostile,
      hints: fc.record({ forZones: fc.array(fc.record({ name: word('a') })) }),
    }),
    { maxLength: 4 },
  ),
});

function rulesOf(services: readonly unknown[], slices: readonly unknown[]): string[] {
  const tracker = new ServicePortTracker({ nodeName: NODE, family: 4 });
  for (const each of services) tracker.setService(each as Service);
  for (const each of slices) tracker.setEndpointSlice(each as EndpointSlice);
  const { views } = tracker.update();
  const desired = { views, facts: FACTS, relayPorts: new Ports().for(views) };
  return [
    planIptables(desired, observeSave('')),
    planNftables(desired, NOTHING),
    planIpvs(desired, observeKernel([], 4)),
    planUserspace(desired, observePortals('')),
  ].flatMap(({ batches }) => batches.map((batch) => ('text' in batch ? batch.text : JSON.stringify(batch))));
}

it('no hostile word of Services and EndpointSlices stands in a rule', () => {
  let rendered = 0;
  fc.assert(
    fc.property(
      fc.array(service, { minLength: 1, maxLength: 3 }),
      fc.array(slice, { maxLength: 3 }),
      (services, slices) => {
        const texts = rulesOf(services, slices);
        for (const text of texts) expect(text).not.toContain(MARK);
        if (texts.some((text) => text.includes('ns/svc'))) rendered += 1;
      },
    ),
    { numRuns: 2_000 },
  );
  // Else the property would hold of nothing.
  expect(rendered).toBeGreaterThan(20);
}, 30_000);
