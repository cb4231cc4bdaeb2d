/** Looks at a patched object before it is stored: what does not fit the schema is refused in the words for patches. */

import { ApiError } from '../../objects/transport.ts';
import type { ApiObject } from '../../objects/wire.ts';
import { goText } from '../go-text.ts';
import { strictDecodingError } from '../schema/decode.ts';
import { invalid } from '../status-error.ts';
import { type BodyKind, problemsOf } from './decode-object.ts';
import type { FieldValidation } from './write-parameters.ts';

/** Decodes the patched object in place. Throws Invalid for a wrong type and (Strict) for unknown fields. */
export function patchInspector(
  expected: BodyKind,
  patch: unknown,
  validation: FieldValidation,
  warn: (message: string) => void,
): (patched: ApiObject) => ApiObject {
  return (patched) => {
    const problems = patchProblems(expected, patch, patched);
    if (problems.length > 0 && validation === 'Strict') throw invalidPatch(patch, strictDecodingError(problems));
    if (validation === 'Warn') for (const problem of problems) warn(problem);
    return patched;
  };
}

function patchProblems(expected: BodyKind, patch: unknown, patched: ApiObject): string[] {
  try {
    return problemsOf(expected, patched);
  } catch (error) {
    if (error instanceof ApiError) throw invalidPatch(patch, error.message);
    throw error;
  }
}

/** Kubernetes names neither kind nor object here, and shows the patch as Go prints it. */
function invalidPatch(patch: unknown, why: string): ApiError {
  const message = `Invalid value: ${JSON.stringify(goText(patch))}: ${why}`;
  return invalid({ group: '', kind: '' }, '', [{ type: 'FieldValueInvalid', field: 'patch', message }]);
}
