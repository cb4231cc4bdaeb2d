/** Rules of ephemeral containers: those of any container, and what they may not have since nobody waits for them. */
import type { PodSpec } from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
import { validateContainer } from './container.ts';
import { duplicate, forbidden, notFound } from './field.ts';

/** As Kubernetes' allowedEphemeralContainerFields leaves them. */
const FORBIDDEN = [
  'ports',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'resizePolicy',
  'restartPolicy',
] as const;

/** `at` is the path of the list. */
export function validateEphemeralContainers(spec: PodSpec, at: string): FieldError[] {
  const others = [...(spec.initContainers ?? []), ...spec.containers].map(({ name }) => name);
  const taken = new Set(others);
  const volumes = new Set((spec.volumes ?? []).map(({ name }) => name));
  return (spec.ephemeralContainers ?? []).flatMap((container, index) => {
    const field = `${at}[${index}]`;
    const { targetContainerName, ...fields } = container;
    const errors = validateContainer(fields, field, { volumes, hostNetwork: spec.hostNetwork === true });
    if (taken.has(container.name)) errors.push(duplicate(`${field}.name`, container.name));
    taken.add(container.name);
    if (targetContainerName && !others.includes(targetContainerName))
      errors.push(notFound(`${field}.targetContainerName`, targetContainerName));
    for (const name of FORBIDDEN) {
      if (container[name] !== undefined)
        errors.push(forbidden(`${field}.${name}`, 'cannot be set for an Ephemeral Container'));
    }
    if (Object.keys(container.resources ?? {}).length > 0)
      errors.push(forbidden(`${field}.resources`, 'cannot be set for an Ephemeral Container'));
    for (const [mount, { subPath, subPathExpr }] of (container.volumeMounts ?? []).entries()) {
      const path = `${field}.volumeMounts[${mount}]`;
      if (subPath) errors.push(forbidden(`${path}.subPath`, 'cannot be set for an Ephemeral Container'));
      if (subPathExpr) errors.push(forbidden(`${path}.subPathExpr`, 'cannot be set for an Ephemeral Container'));
    }
    return errors;
  });
}
