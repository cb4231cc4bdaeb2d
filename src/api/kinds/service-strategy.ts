/** The life of a Service object: what a change of type clears, what is taken from the ranges and given back. */
import type { Service } from '../../objects/wire.ts';
import type { ServiceAllocator } from '../allocation/service-allocator.ts';
import type { ResourceStrategy } from '../resource-definition.ts';
import { validateService, validateServiceUpdate } from '../validation/service.ts';
import { keepMetadata } from './generation.ts';
import { defaultService } from './service-defaults.ts';
import { serviceIpAddresses } from './service-ip-addresses.ts';

/** The strategy of Services that share one allocator. */
export function serviceStrategy(allocator: ServiceAllocator): ResourceStrategy<Service> {
  return {
    setDefaults: defaultService,
    prepareForCreate(object) {
      object.status = { loadBalancer: {} };
      if (object.spec?.clusterIP) object.spec.clusterIPs ??= [object.spec.clusterIP];
    },
    prepareForUpdate(object, previous) {
      object.status = { ...previous.status, loadBalancer: previous.status?.loadBalancer ?? {} };
      if (object.spec?.type !== 'LoadBalancer') object.status.loadBalancer = {};
      dropOfOtherType(object, previous);
      carryOver(object, previous);
      alignClusterIps(object, previous);
    },
    prepareForStatusUpdate(object, previous) {
      if (previous.spec !== undefined) object.spec = { ...previous.spec };
      keepMetadata(object, previous);
    },
    settle: (object, previous) => allocator.settle(object, previous),
    validate(object, { warn }) {
      if (object.spec?.externalIPs !== undefined) warn('spec.externalIPs is deprecated');
      return validateService(object);
    },
    validateUpdate: validateServiceUpdate,
    allocate: (object, previous, { dryRun }) => allocator.allocate(object, previous, dryRun),
    restore: (object) => allocator.restore(object),
    release: (object) => allocator.release(object),
    companions: serviceIpAddresses,
    selectableFields: {
      'spec.clusterIP': (object) => object.spec?.clusterIP ?? '',
      'spec.type': (object) => object.spec?.type ?? '',
    },
  };
}

const needsClusterIP = (type: string | undefined) => type !== 'ExternalName';
const needsNodePort = (type: string | undefined) => type === 'NodePort' || type === 'LoadBalancer';

/** What the user did not touch but the new type has no place for goes away, as on a change from NodePort to ClusterIP. */
function dropOfOtherType(object: Service, previous: Service): void {
  const [spec, before] = [object.spec, previous.spec];
  if (spec === undefined || before === undefined) return;
  if (needsClusterIP(before.type) && !needsClusterIP(spec.type) && same(spec.clusterIPs, before.clusterIPs)) {
    delete spec.clusterIP;
    delete spec.clusterIPs;
    delete spec.ipFamilies;
    delete spec.ipFamilyPolicy;
    delete spec.internalTrafficPolicy;
  }
  if (needsNodePort(before.type) && !needsNodePort(spec.type)) {
    const old = new Set((before.ports ?? []).map(({ nodePort }) => nodePort));
    for (const port of spec.ports ?? []) if (old.has(port.nodePort)) delete port.nodePort;
    delete spec.externalTrafficPolicy;
  }
  if (before.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    delete spec.allocateLoadBalancerNodePorts;
    if (spec.loadBalancerClass === before.loadBalancerClass) delete spec.loadBalancerClass;
  }
  if (before.healthCheckNodePort && spec.healthCheckNodePort === before.healthCheckNodePort) {
    if (spec.type !== 'LoadBalancer' || spec.externalTrafficPolicy !== 'Local') delete spec.healthCheckNodePort;
  }
}

function same(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return (a ?? []).join() === (b ?? []).join();
}

/** A replace that leaves out what the server had chosen means "as it was". */
function carryOver(object: Service, previous: Service): void {
  const [spec, before] = [object.spec, previous.spec];
  if (spec === undefined || before === undefined) return;
  if (needsClusterIP(spec.type) && needsClusterIP(before.type)) {
    if (spec.clusterIP === undefined && spec.clusterIPs === undefined && before.clusterIP !== undefined) {
      spec.clusterIP = before.clusterIP;
      if (before.clusterIPs !== undefined) spec.clusterIPs = before.clusterIPs;
    } else if (spec.clusterIP !== undefined && spec.clusterIP === before.clusterIP && spec.clusterIPs === undefined) {
      if (before.clusterIPs !== undefined) spec.clusterIPs = before.clusterIPs;
    }
  }
  if (needsNodePort(spec.type) && needsNodePort(before.type)) {
    const claimed = new Set((spec.ports ?? []).map(({ protocol, nodePort }) => `${protocol}/${nodePort}`));
    for (const port of spec.ports ?? []) {
      const old = before.ports?.find((found) => found.port === port.port && found.protocol === port.protocol)?.nodePort;
      if (port.nodePort === undefined && old !== undefined && !claimed.has(`${port.protocol}/${old}`))
        port.nodePort = old;
    }
    if (spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local' && before.healthCheckNodePort) {
      spec.healthCheckNodePort ??= before.healthCheckNodePort;
    }
  }
}

/** Who changes only one of `clusterIP` and `clusterIPs` means both. */
function alignClusterIps({ spec }: Service, previous: Service): void {
  if (spec === undefined || !same(spec.clusterIPs, previous.spec?.clusterIPs)) return;
  if (spec.clusterIP === previous.spec?.clusterIP) return;
  if (!spec.clusterIP) delete spec.clusterIPs;
  else spec.clusterIPs = [spec.clusterIP, ...(spec.clusterIPs ?? []).slice(1)];
}
