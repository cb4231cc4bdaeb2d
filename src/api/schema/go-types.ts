/**
 * Names of the Go types behind the definitions, as they appear in the messages of Go's JSON decoder. A definition's own
 * name gives most of them; the named strings and maps, which the published document has lost, are listed here.
 */
import type { SchemaNode } from './definitions.ts';

/** By `Struct.field` (JSON name). Source: the type declarations of k8s.io/api. */
const NAMED: Readonly<Record<string, string>> = {
  'ServicePort.protocol': 'v1.Protocol',
  'ContainerPort.protocol': 'v1.Protocol',
  'EndpointPort.protocol': 'v1.Protocol',
  'ServiceSpec.type': 'v1.ServiceType',
  'ServiceSpec.sessionAffinity': 'v1.ServiceAffinity',
  'ServiceSpec.externalTrafficPolicy': 'v1.ServiceExternalTrafficPolicy',
  'ServiceSpec.internalTrafficPolicy': 'v1.ServiceInternalTrafficPolicy',
  'ServiceSpec.ipFamilyPolicy': 'v1.IPFamilyPolicy',
  'ServiceSpec.ipFamilies': '[]v1.IPFamily',
  'PodSpec.restartPolicy': 'v1.RestartPolicy',
  'PodSpec.dnsPolicy': 'v1.DNSPolicy',
  'PodSpec.preemptionPolicy': 'v1.PreemptionPolicy',
  'Container.imagePullPolicy': 'v1.PullPolicy',
  'Container.terminationMessagePolicy': 'v1.TerminationMessagePolicy',
  'Container.restartPolicy': 'v1.ContainerRestartPolicy',
  'HTTPGetAction.scheme': 'v1.URIScheme',
  'DeploymentStrategy.type': 'v1.DeploymentStrategyType',
  'DaemonSetUpdateStrategy.type': 'v1.DaemonSetUpdateStrategyType',
  'StatefulSetUpdateStrategy.type': 'v1.StatefulSetUpdateStrategyType',
  'StatefulSetSpec.podManagementPolicy': 'v1.PodManagementPolicyType',
  'Secret.type': 'v1.SecretType',
  'Toleration.operator': 'v1.TolerationOperator',
  'Toleration.effect': 'v1.TaintEffect',
  'LabelSelectorRequirement.operator': 'v1.LabelSelectorOperator',
  'OwnerReference.uid': 'types.UID',
  'ObjectMeta.uid': 'types.UID',
  'ResourceRequirements.limits': 'v1.ResourceList',
  'ResourceRequirements.requests': 'v1.ResourceList',
  'EndpointSlice.addressType': 'v1.AddressType',
};

/** `io.k8s.api.core.v1.ServiceSpec` → `ServiceSpec`. */
export function structName(definition: string): string {
  return definition.slice(definition.lastIndexOf('.') + 1);
}

/** `io.k8s.api.core.v1.ServiceSpec` → `v1.ServiceSpec`. */
function qualified(definition: string): string {
  return definition.split('.').slice(-2).join('.');
}

/** The Go type a node is decoded into: `int32`, `[]v1.ServicePort`, `map[string]string`. */
export function goType(node: SchemaNode, struct: string, field: string): string {
  const named = NAMED[`${struct}.${field}`];
  if (named !== undefined) return named;
  if (node.$ref !== undefined) {
    if (node.$ref.endsWith('.IntOrString')) return 'int32';
    return qualified(node.$ref);
  }
  switch (node.type) {
    case 'integer':
      return node.format ?? 'int64';
    case 'number':
      return 'float64';
    case 'boolean':
      return 'bool';
    case 'array':
      return `[]${goType(node.items ?? {}, '', '')}`;
    case 'object':
      return `map[string]${goType(node.additionalProperties ?? {}, '', '')}`;
    default:
      return node.format === 'byte' ? '[]uint8' : 'string';
  }
}
