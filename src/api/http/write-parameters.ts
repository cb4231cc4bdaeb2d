/** The query parameters of writes: `dryRun`, `fieldValidation`. */
import type { WriteRequest } from '../api-core.ts';
import { invalid } from '../status-error.ts';
import { type Exchange, warner } from './exchange.ts';

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

/** Throws Invalid for a value that does not exist. */
export function writeRequest(
  exchange: Exchange,
  optionsKind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions',
  inBody: readonly string[] = [],
): WriteRequest {
  const asked = [...exchange.query.getAll('dryRun').filter((value) => value !== ''), ...inBody];
  for (const value of asked) {
    if (value !== 'All') {
      throw invalid({ group: 'meta.k8s.io', kind: optionsKind }, '', [
        {
          type: 'FieldValueNotSupported',
          field: 'dryRun',
          message: `Unsupported value: "${value}": supported values: "All"`,
        },
      ]);
    }
  }
  return { dryRun: asked.length > 0, warn: warner(exchange) };
}

/** How unknown and repeated fields are met; the API's default is a warning. */
export function fieldValidation({ query }: Exchange): FieldValidation {
  const value = query.get('fieldValidation') ?? '';
  if (value === '') return 'Warn';
  if (value === 'Ignore' || value === 'Warn' || value === 'Strict') return value;
  throw invalid({ group: 'meta.k8s.io', kind: 'CreateOptions' }, '', [
    {
      type: 'FieldValueNotSupported',
      field: 'fieldValidation',
      message: `Unsupported value: "${value}": supported values: "Ignore", "Strict", "Warn"`,
    },
  ]);
}
