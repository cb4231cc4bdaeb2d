/** The `ephemeralcontainers` subresource of Pods: adds containers to a pod that runs, and changes nothing else of it. */
import { isDeepStrictEqual } from 'node:util';
import type { Pod } from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
import { validateEphemeralContainers } from '../validation/ephemeral-containers.ts';
import { forbidden } from '../validation/field.ts';
import { bumpGeneration, keepMetadata } from './generation.ts';

/** Everything but the ephemeral containers is as it was. */
export function prepareEphemeralContainers(object: Pod, previous: Pod): void {
  const asked = object.spec?.ephemeralContainers;
  if (previous.spec !== undefined) {
    const { ephemeralContainers: _before, ...spec } = previous.spec;
    object.spec = asked === undefined ? spec : { ...spec, ephemeralContainers: asked };
  }
  if (previous.status !== undefined) object.status = previous.status;
  keepMetadata(object, previous);
  bumpGeneration(object, previous);
}

/** A pod is not made with them. */
export function refuseEphemeralContainers({ spec }: Pod): FieldError[] {
  if ((spec?.ephemeralContainers ?? []).length === 0) return [];
  return [forbidden('spec.ephemeralContainers', 'cannot be set on create')];
}

/** Words of ValidatePodEphemeralContainersUpdate. */
export function validateEphemeralUpdate(object: Pod, previous: Pod): FieldError[] {
  const field = 'spec.ephemeralContainers';
  const now = new Map((object.spec?.ephemeralContainers ?? []).map((container) => [container.name, container]));
  const before = previous.spec?.ephemeralContainers ?? [];
  return [
    ...validateEphemeralContainers(object.spec!, field),
    ...before.flatMap((container) => {
      const kept = now.get(container.name);
      const complain = (what: string) => [
        forbidden(field, `existing ephemeral containers ${JSON.stringify(container.name)} may not be ${what}\n`),
      ];
      if (kept === undefined) return complain('removed');
      return isDeepStrictEqual(kept, container) ? [] : complain('changed');
    }),
  ];
}
