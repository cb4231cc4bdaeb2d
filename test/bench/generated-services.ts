/** Services × 3 endpoints, as many as wanted: the load of the rules benchmarks (11 iptables rules each). */
import { release } from 'node:os';
import type { EndpointSlice, Service } from '../../src/objects/wire.ts';
import { defaultFacts } from '../../src/proxy/backends/backend.ts';
import { ServicePortTracker } from '../../src/proxy/service-port-tracker.ts';
import type { BenchmarkContext } from './benchmark.ts';

/** The sizes of the rules benchmarks. */
export function serviceCounts({ isQuick, isTrial }: BenchmarkContext): readonly number[] {
  if (isTrial) return [3];
  return isQuick ? [1, 100] : [1, 100, 1000, 5000, 10_000];
}

export const FACTS = defaultFacts({
  kernelRelease: release(),
  family: 4,
  nodeIP: '192.168.1.11',
  localTraffic: { by: 'cidr', cidr: '10.244.0.0/16' },
});

export function benchService(index: number): Service {
  return {
    metadata: { namespace: 'bench', name: `service-${index}` },
    spec: {
      type: 'ClusterIP',
      clusterIP: `10.${97 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`,
      ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    },
  };
}

export function benchSlice(index: number, endpoints = 3): EndpointSlice {
  return {
    metadata: {
      namespace: 'bench',
      name: `service-${index}-1`,
      labels: { 'kubernetes.io/service-name': `service-${index}` },
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: Array.from({ length: endpoints }, (_, each) => ({
      addresses: [`10.244.${each}.${(index % 250) + 2}`],
      nodeName: `node-${each}`,
    })),
  };
}

/** A tracker that knows `count` Services. */
export function benchTracker(count: number): ServicePortTracker {
  const tracker = new ServicePortTracker({ nodeName: 'node-1', family: 4 });
  for (let index = 0; index < count; index += 1) {
    tracker.setService(benchService(index));
    tracker.setEndpointSlice(benchSlice(index));
  }
  return tracker;
}
