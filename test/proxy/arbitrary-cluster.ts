/**
 * Arbitrary Services as wide as the API lets them be: names as long as they may be, every protocol, policy and kind of address, source
 * ranges that overlap, affinity at its bounds, annotations of all sorts; and every option of kube-proxy that reaches a rule.
 */
import fc from 'fast-check';
import type { EndpointSlice, Service } from '../../src/objects/wire.ts';
import type { Desired, ProxyFacts } from '../../src/proxy/backends/backend.ts';
import { FACTS_4, FACTS_6, NODE, viewsOf } from './fixtures.ts';

type Family = 4 | 6;

/** Address number `host` of a small network of its own: of pods, Services, outside. */
function address(family: Family, network: number, host: number): string {
  return family === 4 ? `10.${network}.${host >> 8}.${host & 255}` : `fd00:${network}::${host.toString(16)}`;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
/** A DNS label of at most so many characters, often as long as it may be. */
const label = (longest: number) =>
  fc
    .tuple(
      fc.constantFrom(1, 2, 15, longest),
      fc.array(fc.constantFrom(...LETTERS, '-'), { minLength: longest, maxLength: longest }),
    )
    .map(([length, letters]) => `x${letters.join('')}`.slice(0, Math.min(length, longest)).replace(/-+$/, 'z'));

const annotations = fc.dictionary(fc.constantFrom('service.kubernetes.io/topology-mode', 'note', 'x/y'), fc.string(), {
  maxKeys: 2,
});

function ranges(family: Family) {
  const block = fc
    .tuple(fc.nat({ max: 255 }), fc.nat({ max: 300 }), fc.nat({ max: family === 4 ? 32 : 128 }))
    .map(([network, host, prefix]) => `${address(family, network, host)}/${prefix}`);
  const named = family === 4 ? ['0.0.0.0/0', '192.168.1.0/24', ' 203.0.113.0/24 '] : ['::/0', 'fd00:1::/64'];
  return fc.array(fc.oneof(block, fc.constantFrom(...named)), { maxLength: 5 });
}

interface Words {
  readonly service: Service;
  readonly slices: EndpointSlice[];
}

const port = fc.record({
  name: label(15),
  port: fc.integer({ min: 1, max: 65_535 }),
  target: fc.integer({ min: 1, max: 65_535 }),
  protocol: fc.constantFrom('TCP' as const, 'UDP' as const, 'SCTP' as const),
  nodePort: fc.boolean(),
});

const endpoint = fc.record({
  host: fc.nat({ max: 3_000 }),
  isLocal: fc.boolean(),
  conditions: fc.record({ ready: fc.boolean(), serving: fc.boolean(), terminating: fc.boolean() }),
  zone: fc.constantFrom(undefined, 'a', 'b'),
});

/** Service number `index` of a cluster: its addresses and node ports are its own. */
function arbitraryService(family: Family, index: number): fc.Arbitrary<Words> {
  const words = fc.record({
    ...{ namespace: label(63), name: label(63), annotations },
    type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer'),
    ports: fc.uniqueArray(port, { minLength: 1, maxLength: 4, selector: ({ name }) => name }),
    endpoints: fc.array(endpoint, { maxLength: 12 }),
    externalIPs: fc.nat({ max: 2 }),
    balancers: fc.nat({ max: 2 }),
    ranges: ranges(family),
    affinity: fc.constantFrom(undefined, 1, 10_800, 86_400),
    externalTrafficPolicy: fc.constantFrom('Cluster', 'Local'),
    internalTrafficPolicy: fc.constantFrom('Cluster', 'Local'),
  });
  return words.map((each) => {
    const own = (network: number, count: number) =>
      Array.from({ length: count }, (_, host) => address(family, network, index * 8 + host + 1));
    const isExternal = each.type !== 'ClusterIP';
    const ports = each.ports.map(({ target: _, nodePort, ...rest }, number) => ({
      ...rest,
      ...(isExternal && nodePort ? { nodePort: 30_000 + index * 8 + number } : {}),
    }));
    const service: Service = {
      metadata: { namespace: each.namespace, name: each.name, annotations: each.annotations },
      spec: {
        type: each.type,
        clusterIP: own(96, 1)[0]!,
        ports,
        externalIPs: own(200, each.externalIPs),
        loadBalancerSourceRanges: each.ranges,
        externalTrafficPolicy: each.externalTrafficPolicy,
        internalTrafficPolicy: each.internalTrafficPolicy,
        healthCheckNodePort: 32_000 + index,
        ...(each.affinity === undefined
          ? {}
          : { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: each.affinity } } }),
      },
      status: {
        loadBalancer: {
          ingress: own(201, each.type === 'LoadBalancer' ? each.balancers : 0).map((ip) => ({ ip, ipMode: 'VIP' })),
        },
      },
    };
    const slice: EndpointSlice = {
      metadata: {
        namespace: each.namespace,
        name: `${index}`,
        labels: { 'kubernetes.io/service-name': each.name },
      },
      addressType: `IPv${family}`,
      ports: each.ports.map(({ name, target, protocol }) => ({ name, port: target, protocol })),
      endpoints: each.endpoints.map(({ host, isLocal, conditions, zone }) => ({
        addresses: [address(family, 244, host)],
        nodeName: isLocal ? NODE : 'node-2',
        conditions,
        ...(zone === undefined ? {} : { hints: { forZones: [{ name: zone }] } }),
      })),
    };
    return { service, slices: [slice] };
  });
}

function arbitraryFacts(family: Family): fc.Arbitrary<Partial<ProxyFacts>> {
  const base = family === 4 ? FACTS_4 : FACTS_6;
  return fc.record({
    localTraffic: fc.constantFrom(
      undefined,
      base.localTraffic,
      ...(['cni0', 'veth+', 'a-name_of.15chr'] as const).map((device) => ({ by: 'interface', device }) as const),
    ),
    masqueradeAll: fc.boolean(),
    masqueradeBit: fc.nat({ max: 31 }),
    nodePortIPs: fc.constantFrom(undefined, [], [base.nodeIP], [base.nodeIP, family === 4 ? '127.0.0.1' : '::1']),
    serviceCIDRs: fc.constantFrom([], [family === 4 ? '10.96.0.0/16' : 'fd00:96::/112']),
    localhostNodePorts: fc.constant(family === 4).chain((has) => (has ? fc.boolean() : fc.constant(false))),
    conntrackTcpBeLiberal: fc.boolean(),
    hasPacketCounters: fc.boolean(),
  });
}

/** What a node of some cluster wants, `most` Services at most. */
export function arbitraryDesired(family: Family, most = 5): fc.Arbitrary<Desired> {
  const services = fc
    .integer({ min: 0, max: most })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => arbitraryService(family, index))));
  return fc.tuple(services, arbitraryFacts(family), fc.constantFrom('', 'a')).map(([all, facts, zone]) => ({
    facts: { ...(family === 4 ? FACTS_4 : FACTS_6), ...facts },
    views: viewsOf(
      all.map(({ service }) => service),
      all.flatMap(({ slices }) => slices),
      { family, zone },
    ),
  }));
}
