/** What of a running pod may change: images, a shorter deadline, more tolerations. */
import { isDeepStrictEqual } from 'node:util';
import type { Container, Pod, PodSpec } from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
import { forbidden, invalid } from './field.ts';

const UPDATABLE = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

export function validatePodUpdate(object: Pod, previous: Pod): FieldError[] {
  const [spec, before] = [object.spec, previous.spec];
  if (spec === undefined || before === undefined) return [];
  for (const list of ['containers', 'initContainers'] as const) {
    if ((spec[list] ?? []).length !== (before[list] ?? []).length) {
      return [forbidden(`spec.${list}`, 'pod updates may not add or remove containers')];
    }
  }
  const errors = [...deadline(spec, before), ...tolerations(spec, before)];
  const changed = changes(fixedPart(spec), fixedPart(before), 'spec');
  if (changed.length > 0) {
    errors.push(
      forbidden('spec', `pod updates may not change fields other than ${UPDATABLE}\n${changed.join('\n')}\n`),
    );
  }
  return errors;
}

function deadline(spec: PodSpec, before: PodSpec): FieldError[] {
  const [now, old] = [spec.activeDeadlineSeconds, before.activeDeadlineSeconds];
  const field = 'spec.activeDeadlineSeconds';
  if (old === undefined) return [];
  if (now === undefined) return [invalid(field, null, 'must not update from a positive integer to nil value')];
  return now > old ? [invalid(field, now, 'must be less than or equal to previous value')] : [];
}

function tolerations(spec: PodSpec, before: PodSpec): FieldError[] {
  const kept = (before.tolerations ?? []).every((old) =>
    (spec.tolerations ?? []).some((now) =>
      isDeepStrictEqual({ ...now, tolerationSeconds: 0 }, { ...old, tolerationSeconds: 0 }),
    ),
  );
  if (kept) return [];
  return [forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')];
}

/** The spec without what may change. */
function fixedPart(spec: PodSpec): Record<string, unknown> {
  const { activeDeadlineSeconds: _deadline, tolerations: _tolerations, ...rest } = spec;
  const bare = (list: Container[] | undefined) => list?.map(({ image: _image, ...container }) => container);
  const fixed: Record<string, unknown> = { ...rest, containers: bare(spec.containers) };
  if (spec.initContainers !== undefined) fixed.initContainers = bare(spec.initContainers);
  return fixed;
}

/** One pair of lines per value that differs. */
function changes(now: unknown, before: unknown, path: string): string[] {
  if (isDeepStrictEqual(now, before)) return [];
  const isStructure = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
  if (!isStructure(now) || !isStructure(before) || Array.isArray(now) !== Array.isArray(before)) {
    const line = (sign: string, value: unknown) =>
      value === undefined ? [] : [`${sign} ${path}: ${JSON.stringify(value)}`];
    return [...line('-', before), ...line('+', now)];
  }
  const members = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...members].flatMap((member) =>
    changes(now[member], before[member], Array.isArray(now) ? `${path}[${member}]` : `${path}.${member}`),
  );
}
