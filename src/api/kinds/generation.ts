/** `metadata.generation` counts the versions of a spec; `status` belongs to the status subresource. */
import { isDeepStrictEqual } from 'node:util';
import type { ApiObject } from '../../objects/wire.ts';
import type { ResourceStrategy } from '../resource-definition.ts';

interface Parts extends ApiObject {
  spec?: unknown;
  status?: unknown;
}

function copy(target: Parts, source: Parts, part: 'spec' | 'status'): void {
  if (source[part] === undefined) delete target[part];
  else target[part] = source[part];
}

/** A strategy for kinds whose writers of spec and status are different: both halves are kept apart. */
export function specAndStatus<T extends ApiObject>(
  initialStatus: unknown,
): Required<Pick<ResourceStrategy<T>, 'prepareForCreate' | 'prepareForUpdate' | 'prepareForStatusUpdate'>> {
  return {
    prepareForCreate(object) {
      const parts = object as Parts;
      if (initialStatus === undefined) delete parts.status;
      else parts.status = structuredClone(initialStatus);
      if (parts.metadata !== undefined) parts.metadata.generation = 1;
    },
    prepareForUpdate(object, previous) {
      copy(object, previous, 'status');
      bumpGeneration(object, previous);
    },
    prepareForStatusUpdate(object, previous) {
      copy(object, previous, 'spec');
      keepMetadata(object, previous);
    },
  };
}

/** Generation of `previous`, plus one when the spec differs. */
export function bumpGeneration(object: ApiObject, previous: ApiObject): void {
  if (object.metadata === undefined) return;
  const before = previous.metadata?.generation;
  const changed = !isDeepStrictEqual((object as Parts).spec, (previous as Parts).spec);
  if (before !== undefined || changed) object.metadata.generation = (before ?? 0) + (changed ? 1 : 0);
}

/** A status update may not touch labels, annotations or any other metadata. */
export function keepMetadata(object: ApiObject, previous: ApiObject): void {
  const { resourceVersion } = object.metadata ?? {};
  object.metadata = { ...previous.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
}
