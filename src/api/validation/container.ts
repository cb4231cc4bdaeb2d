/** Rules of one container. */

import { nanoValue } from '../../objects/quantity.ts';
import type { Container, ContainerPort } from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
import { oneOf, PROTOCOLS, port, text } from './checks.ts';
import { duplicate, invalid, notFound, required } from './field.ts';
import { dnsLabel, environmentName, portName } from './names.ts';
import { validateProbes } from './probe.ts';

/** What a container may refer to. */
export interface ContainerContext {
  readonly volumes: ReadonlySet<string>;
  readonly hostNetwork: boolean;
}

export function validateContainer(container: Container, at: string, context: ContainerContext): FieldError[] {
  const errors: FieldError[] = [];
  if (!container.name) errors.push(required(`${at}.name`));
  else errors.push(...text(`${at}.name`, container.name, dnsLabel));
  if (!container.image) errors.push(required(`${at}.image`));
  else if (container.image.trim() !== container.image) {
    errors.push(invalid(`${at}.image`, container.image, 'must not have leading or trailing whitespace'));
  }
  errors.push(...validateProbes(container, at));
  errors.push(...oneOf(`${at}.imagePullPolicy`, container.imagePullPolicy ?? '', ['Always', 'IfNotPresent', 'Never']));
  const policies = ['FallbackToLogsOnError', 'File'];
  errors.push(...oneOf(`${at}.terminationMessagePolicy`, container.terminationMessagePolicy ?? '', policies));
  return [
    ...errors,
    ...ports(container.ports ?? [], `${at}.ports`, context),
    ...environment(container, at),
    ...mounts(container, `${at}.volumeMounts`, context),
    ...resources(container, `${at}.resources`),
  ];
}

function ports(list: readonly ContainerPort[], at: string, { hostNetwork }: ContainerContext): FieldError[] {
  const names = new Set<string>();
  return list.flatMap((entry, index) => {
    const field = `${at}[${index}]`;
    const errors: FieldError[] = [];
    if (entry.name) {
      errors.push(...text(`${field}.name`, entry.name, portName));
      if (names.has(entry.name)) errors.push(duplicate(`${field}.name`, entry.name));
      names.add(entry.name);
    }
    if (!entry.containerPort) errors.push(required(`${field}.containerPort`));
    else errors.push(...port(`${field}.containerPort`, entry.containerPort));
    if (entry.hostPort) {
      errors.push(...port(`${field}.hostPort`, entry.hostPort));
      if (hostNetwork && entry.hostPort !== entry.containerPort) {
        const detail = 'must match `hostPort` when `hostNetwork` is true';
        errors.push(invalid(`${field}.containerPort`, entry.containerPort, detail));
      }
    }
    return [...errors, ...oneOf(`${field}.protocol`, entry.protocol ?? '', PROTOCOLS)];
  });
}

function environment({ env = [] }: Container, at: string): FieldError[] {
  return env.flatMap(({ name, value, valueFrom }, index) => {
    const field = `${at}.env[${index}]`;
    const errors = name ? text(`${field}.name`, name, environmentName) : [required(`${field}.name`)];
    if (valueFrom === undefined) return errors;
    const sources = Object.keys(valueFrom).length;
    if (sources === 0) {
      const kinds = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
      errors.push(invalid(`${field}.valueFrom`, '', `must specify one of: ${kinds}`));
    } else if (value) errors.push(invalid(`${field}.valueFrom`, '', 'may not be specified when `value` is not empty'));
    else if (sources > 1) {
      errors.push(invalid(`${field}.valueFrom`, '', 'may not have more than one field specified at a time'));
    }
    return errors;
  });
}

function mounts({ volumeMounts = [] }: Container, at: string, { volumes }: ContainerContext): FieldError[] {
  const paths = new Set<string>();
  return volumeMounts.flatMap(({ name, mountPath, subPath, subPathExpr }, index) => {
    const field = `${at}[${index}]`;
    const errors: FieldError[] = [];
    if (!name) errors.push(required(`${field}.name`));
    else if (!volumes.has(name)) errors.push(notFound(`${field}.name`, name));
    if (!mountPath) errors.push(required(`${field}.mountPath`));
    else if (paths.has(mountPath)) errors.push(invalid(`${field}.mountPath`, mountPath, 'must be unique'));
    paths.add(mountPath ?? '');
    errors.push(...descendingPath(`${field}.subPath`, subPath), ...descendingPath(`${field}.subPathExpr`, subPathExpr));
    if (subPath && subPathExpr)
      errors.push(invalid(`${field}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
    return errors;
  });
}

/** A path that stays where it begins. */
function descendingPath(field: string, path = ''): FieldError[] {
  return [
    ...(path.startsWith('/') ? [invalid(field, path, 'must be a relative path')] : []),
    ...(path.split('/').includes('..') ? [invalid(field, path, "must not contain '..'")] : []),
  ];
}

function resources({ resources: given }: Container, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const list of ['limits', 'requests'] as const) {
    for (const [name, amount] of Object.entries(given?.[list] ?? {})) {
      if ((nanoValue(amount) ?? 0n) < 0n) {
        errors.push(invalid(`${at}.${list}[${name}]`, amount, 'must be greater than or equal to 0'));
      }
    }
  }
  for (const [name, request] of Object.entries(given?.requests ?? {})) {
    const limit = given?.limits?.[name];
    if (limit !== undefined && (nanoValue(request) ?? 0n) > (nanoValue(limit) ?? 0n)) {
      errors.push(invalid(`${at}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`));
    }
  }
  return errors;
}
