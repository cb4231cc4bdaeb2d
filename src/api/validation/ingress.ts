/** Rules of Ingresses. Source: pkg/apis/networking/validation. */
import { parseIp } from '../../net/ip.ts';
import type { Ingress, IngressBackend } from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
import { oneOf, port, text } from './checks.ts';
import { invalid, required } from './field.ts';
import { typedReference } from './ingress-class.ts';
import { dns1035Label, dnsSubdomain, portName, wildcardSubdomain } from './names.ts';

type HttpPath = NonNullable<NonNullable<NonNullable<Ingress['spec']>['rules']>[number]['http']>['paths'][number];

export const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'] as const;
const NOT_IN_PATHS = ['//', '/./', '/../', '%2f', '%2F'];
const NOT_AT_THEIR_END = ['/..', '/.'];

export function validateIngress({ spec = {} }: Ingress): FieldError[] {
  const errors: FieldError[] = [];
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec;
  if (rules.length === 0 && defaultBackend === undefined) {
    errors.push(invalid('spec', spec.rules, 'either `defaultBackend` or `rules` must be specified'));
  }
  if (defaultBackend !== undefined) errors.push(...backend('spec.defaultBackend', defaultBackend));
  for (const [index, rule] of rules.entries()) {
    const field = `spec.rules[${index}]`;
    if (rule.host) errors.push(...host(`${field}.host`, rule.host, true));
    if (rule.http !== undefined) errors.push(...paths(`${field}.http.paths`, rule.http.paths ?? []));
  }
  for (const [index, { hosts = [], secretName }] of tls.entries()) {
    const field = `spec.tls[${index}]`;
    for (const [place, name] of hosts.entries()) errors.push(...host(`${field}.hosts[${place}]`, name, false));
    if (secretName) errors.push(...text(`${field}.secretName`, secretName, dnsSubdomain));
  }
  if (ingressClassName !== undefined) errors.push(...text('spec.ingressClassName', ingressClassName, dnsSubdomain));
  return errors;
}

/** What only a new Ingress is held to. */
export function validateIngressCreate({ metadata, spec }: Ingress): FieldError[] {
  const annotation = metadata?.annotations?.[CLASS_ANNOTATION];
  const className = spec?.ingressClassName;
  if (annotation === undefined || className === undefined || annotation === className) return [];
  const detail = 'must match `ingressClassName` when both are specified';
  return [invalid(`annotations.${CLASS_ANNOTATION}`, annotation, detail)];
}

function host(field: string, value: string, refuseIp: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (refuseIp && parseIp(value) !== undefined) {
    errors.push(invalid(field, value, 'must be a DNS name, not an IP address'));
  }
  return [...errors, ...text(field, value, value.includes('*') ? wildcardSubdomain : dnsSubdomain)];
}

function paths(field: string, all: readonly HttpPath[]): FieldError[] {
  if (all.length === 0) return [required(field)];
  return all.flatMap((each, index) => httpPath(`${field}[${index}]`, each));
}

function httpPath(field: string, { path = '', pathType, backend: target = {} }: HttpPath): FieldError[] {
  if (!pathType) return [required(`${field}.pathType`, 'pathType must be specified')];
  const errors = oneOf(`${field}.pathType`, pathType, PATH_TYPES);
  const strict = pathType === 'Exact' || pathType === 'Prefix';
  if (!path.startsWith('/') && (strict || (errors.length === 0 && path !== ''))) {
    errors.push(invalid(`${field}.path`, path, 'must be an absolute path'));
  }
  if (strict) errors.push(...normalPath(`${field}.path`, path));
  return [...errors, ...backend(`${field}.backend`, target)];
}

/** Paths that are compared as they stand must be written in one way only. */
function normalPath(field: string, path: string): FieldError[] {
  return [
    ...NOT_IN_PATHS.filter((part) => path.includes(part)).map((part) =>
      invalid(field, path, `must not contain '${part}'`),
    ),
    ...NOT_AT_THEIR_END.filter((end) => path.endsWith(end)).map((end) =>
      invalid(field, path, `cannot end with '${end}'`),
    ),
  ];
}

function backend(field: string, { resource, service }: IngressBackend): FieldError[] {
  if (resource !== undefined && service !== undefined) {
    return [invalid(field, '', 'cannot set both resource and service backends')];
  }
  if (resource !== undefined) return typedReference(`${field}.resource`, resource);
  if (service === undefined) return [invalid(field, '', 'resource or service backend is required')];
  const errors = service.name
    ? text(`${field}.service.name`, service.name, dns1035Label)
    : [required(`${field}.service.name`)];
  const { name, number } = service.port ?? {};
  if (name && number) errors.push(invalid(field, '', 'cannot set both port name & port number'));
  else if (name) errors.push(...text(`${field}.service.port.name`, name, portName));
  else if (number) errors.push(...port(`${field}.service.port.number`, number));
  else errors.push(required(field, 'port name or number is required'));
  return errors;
}
