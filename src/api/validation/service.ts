/** Rules of Services, in the order Kubernetes checks them. Ports and addresses have files of their own. */
import type { Service, ServiceSpec } from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
import { addressBlock, oneOf, port, routableIp, text } from './checks.ts';
import { forbidden, invalid, required } from './field.ts';
import { validateLabels } from './labels.ts';
import { dnsSubdomain, qualifiedName } from './names.ts';
import { isHeadless, validateClusterIps, validateClusterIpsUpdate } from './service-addresses.ts';
import { validateServicePorts } from './service-ports.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'] as const;
const ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'";
const NOT_EXTERNAL_NAME = 'may not be set for ExternalName services';
const DAY_SECONDS = 86400;

/** A whole Service, new or changed. */
export function validateService({ spec }: Service): FieldError[] {
  if (spec === undefined) return [required('spec')];
  const errors: FieldError[] = [];
  if ((spec.ports ?? []).length === 0 && !isHeadless(spec) && spec.type !== 'ExternalName') {
    errors.push(required('spec.ports'));
  }
  errors.push(...ofType(spec), ...validateServicePorts(spec), ...validateLabels('spec.selector', spec.selector));
  errors.push(...sessionAffinity(spec));
  if (spec.type !== 'ExternalName') errors.push(...validateClusterIps(spec));
  for (const [index, ip] of (spec.externalIPs ?? []).entries()) {
    errors.push(...routableIp(`spec.externalIPs[${index}]`, ip));
  }
  errors.push(...oneOf('spec.type', spec.type ?? '', TYPES), ...loadBalancer(spec), ...trafficPolicies(spec));
  return errors;
}

/** What may not change; a whole-object check runs besides. */
export function validateServiceUpdate(object: Service, previous: Service): FieldError[] {
  const [spec, before] = [object.spec ?? {}, previous.spec ?? {}];
  const errors = validateClusterIpsUpdate(spec, before);
  const isBalanced = spec.type === 'LoadBalancer' && before.type === 'LoadBalancer';
  if (isBalanced && spec.loadBalancerClass !== before.loadBalancerClass) {
    const detail = 'may not change once set';
    errors.push(invalid('spec.loadBalancerClass', spec.loadBalancerClass, detail));
  }
  if (needsHealthCheck(spec) && needsHealthCheck(before) && spec.healthCheckNodePort !== before.healthCheckNodePort) {
    errors.push(forbidden('spec.healthCheckNodePort', 'field is immutable'));
  }
  return errors;
}

function ofType(spec: ServiceSpec): FieldError[] {
  if ((spec.type === 'LoadBalancer' || spec.type === 'NodePort') && isHeadless(spec)) {
    return [invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`)];
  }
  if (spec.type !== 'ExternalName') return [];
  const errors: FieldError[] = [];
  if (spec.clusterIPs !== undefined || spec.clusterIP) errors.push(forbidden('spec.clusterIPs', NOT_EXTERNAL_NAME));
  if (spec.ipFamilies !== undefined) errors.push(forbidden('spec.ipFamilies', NOT_EXTERNAL_NAME));
  if (spec.ipFamilyPolicy !== undefined) errors.push(forbidden('spec.ipFamilyPolicy', NOT_EXTERNAL_NAME));
  const target = (spec.externalName ?? '').replace(/\.$/, '');
  if (target === '') errors.push(required('spec.externalName'));
  else errors.push(...text('spec.externalName', target, dnsSubdomain));
  return errors;
}

function sessionAffinity(spec: ServiceSpec): FieldError[] {
  const errors = oneOf('spec.sessionAffinity', spec.sessionAffinity ?? '', ['ClientIP', 'None']);
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (spec.sessionAffinity === 'ClientIP' && seconds !== undefined && (seconds <= 0 || seconds > DAY_SECONDS)) {
    const field = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds';
    errors.push(invalid(field, seconds, `must be greater than 0 and less than ${DAY_SECONDS}`));
  }
  return errors;
}

function loadBalancer(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const isBalanced = spec.type === 'LoadBalancer';
  if (spec.loadBalancerSourceRanges !== undefined) {
    // Upstream spells this field with a capital in its messages.
    const field = 'spec.LoadBalancerSourceRanges';
    if (!isBalanced) errors.push(forbidden(field, ONLY_LOAD_BALANCER));
    for (const [index, block] of spec.loadBalancerSourceRanges.entries()) {
      errors.push(...addressBlock(`${field}[${index}]`, block.trim()));
    }
  }
  if (spec.allocateLoadBalancerNodePorts !== undefined && !isBalanced) {
    errors.push(forbidden('spec.allocateLoadBalancerNodePorts', ONLY_LOAD_BALANCER));
  }
  if (spec.loadBalancerClass !== undefined) {
    if (!isBalanced) errors.push(forbidden('spec.loadBalancerClass', ONLY_LOAD_BALANCER));
    else errors.push(...text('spec.loadBalancerClass', spec.loadBalancerClass, qualifiedName));
  }
  return errors;
}

function needsHealthCheck(spec: ServiceSpec): boolean {
  return spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
}

function trafficPolicies(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const isExternal = spec.type === 'NodePort' || spec.type === 'LoadBalancer' || spec.externalIPs !== undefined;
  if (spec.externalTrafficPolicy !== undefined) {
    if (isExternal)
      errors.push(...oneOf('spec.externalTrafficPolicy', spec.externalTrafficPolicy, ['Cluster', 'Local']));
    else {
      const detail = 'may only be set for externally-accessible services';
      errors.push(invalid('spec.externalTrafficPolicy', spec.externalTrafficPolicy, detail));
    }
  }
  if (spec.healthCheckNodePort) {
    const field = 'spec.healthCheckNodePort';
    const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    if (needsHealthCheck(spec)) errors.push(...port(field, spec.healthCheckNodePort));
    else errors.push(invalid(field, spec.healthCheckNodePort, detail));
  }
  if (spec.internalTrafficPolicy !== undefined) {
    errors.push(...oneOf('spec.internalTrafficPolicy', spec.internalTrafficPolicy, ['Cluster', 'Local']));
  }
  if (spec.trafficDistribution !== undefined) {
    const known = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];
    errors.push(...oneOf('spec.trafficDistribution', spec.trafficDistribution, known));
  }
  return errors;
}
