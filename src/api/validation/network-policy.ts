/** Rules of NetworkPolicies. Source: pkg/apis/networking/validation. */
import { parseCidr } from '../../net/cidr.ts';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
import { addressBlock, oneOf, port, text } from './checks.ts';
import { forbidden, invalid, required } from './field.ts';
import { validateSelector } from './labels.ts';
import { portName } from './names.ts';

const POLICY_TYPES = ['Ingress', 'Egress'] as const;

export function validateNetworkPolicy({ spec }: NetworkPolicy): FieldError[] {
  if (spec === undefined) return [];
  const errors = validateSelector('spec.podSelector', spec.podSelector);
  for (const [index, { ports, from }] of (spec.ingress ?? []).entries()) {
    errors.push(...rule(`spec.ingress[${index}]`, ports, 'from', from));
  }
  for (const [index, { ports, to }] of (spec.egress ?? []).entries()) {
    errors.push(...rule(`spec.egress[${index}]`, ports, 'to', to));
  }
  return [...errors, ...policyTypes(spec.policyTypes ?? [])];
}

function policyTypes(types: readonly string[]): FieldError[] {
  if (types.length > POLICY_TYPES.length) {
    return [invalid('spec.policyTypes', types, 'may not specify more than two policyTypes')];
  }
  return types.flatMap((type, index) => oneOf(`spec.policyTypes[${index}]`, type, POLICY_TYPES));
}

function rule(
  field: string,
  ports: readonly NetworkPolicyPort[] = [],
  side: 'from' | 'to',
  peers: readonly NetworkPolicyPeer[] = [],
): FieldError[] {
  return [
    ...ports.flatMap((each, index) => policyPort(`${field}.ports[${index}]`, each)),
    ...peers.flatMap((each, index) => peer(`${field}.${side}[${index}]`, each)),
  ];
}

function policyPort(field: string, { protocol, port: number, endPort }: NetworkPolicyPort): FieldError[] {
  const errors = protocol === undefined ? [] : oneOf(`${field}.protocol`, protocol, ['TCP', 'UDP', 'SCTP']);
  if (number === undefined) {
    if (endPort === undefined) return errors;
    return [...errors, invalid(`${field}.endPort`, endPort, 'may not be specified when `port` is not specified')];
  }
  if (typeof number === 'string') {
    if (endPort !== undefined) {
      errors.push(invalid(`${field}.endPort`, endPort, 'may not be specified when `port` is non-numeric'));
    }
    return [...errors, ...text(`${field}.port`, number, portName)];
  }
  errors.push(...port(`${field}.port`, number));
  if (endPort === undefined) return errors;
  if (endPort < number) {
    errors.push(invalid(`${field}.endPort`, number, 'must be greater than or equal to `port`'));
  }
  return [...errors, ...port(`${field}.endPort`, endPort)];
}

function peer(field: string, { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer): FieldError[] {
  const errors: FieldError[] = [];
  if (podSelector !== undefined) errors.push(...validateSelector(`${field}.podSelector`, podSelector));
  if (namespaceSelector !== undefined) {
    errors.push(...validateSelector(`${field}.namespaceSelector`, namespaceSelector));
  }
  if (ipBlock !== undefined) errors.push(...block(`${field}.ipBlock`, ipBlock));
  const kinds = [podSelector, namespaceSelector, ipBlock].filter((kind) => kind !== undefined).length;
  if (kinds === 0) errors.push(required(field, 'must specify a peer'));
  else if (kinds > 1 && ipBlock !== undefined) {
    errors.push(forbidden(field, 'may not specify both ipBlock and another peer'));
  }
  return errors;
}

function block(field: string, { cidr, except = [] }: NonNullable<NetworkPolicyPeer['ipBlock']>): FieldError[] {
  if (!cidr) return [required(`${field}.cidr`)];
  const errors = addressBlock(`${field}.cidr`, cidr);
  return [...errors, ...except.flatMap((each, index) => exception(`${field}.except[${index}]`, each, cidr))];
}

function exception(field: string, value: string, cidr: string): FieldError[] {
  const [outer, inner] = [parseCidr(cidr), parseCidr(value)];
  if (inner === undefined) return addressBlock(field, value);
  if (outer === undefined) return [];
  const shift = BigInt((outer.family === 4 ? 32 : 128) - outer.prefix);
  const contains = outer.family === inner.family && outer.base >> shift === inner.base >> shift;
  return contains && outer.prefix < inner.prefix ? [] : [invalid(field, value, 'must be a strict subset of `cidr`')];
}
