/** What a request says of its write besides the body: `dryRun`, `fieldValidation`, `fieldManager`, `force`, User-Agent. */
import type { WriteRequest } from '../api-core.ts';
import type { FieldError } from '../field-error.ts';
import { invalid } from '../status-error.ts';
import { type Exchange, warner } from './exchange.ts';

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions';

const LONGEST_MANAGER = 128;

/** Throws Invalid for a value that does not exist. */
export function writeRequest(
  exchange: Exchange,
  optionsKind: OptionsKind,
  inBody: readonly string[] = [],
): WriteRequest & { readonly fieldManager: string } {
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
  return { dryRun: asked.length > 0, warn: warner(exchange), fieldManager: fieldManagerOf(exchange, optionsKind) };
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

/**
 * In whose name fields are claimed: the parameter, else the program's name in the User-Agent (what comes before the first
 * slash), as kube-apiserver has it. Throws Invalid.
 */
function fieldManagerOf({ query, request }: Exchange, optionsKind: OptionsKind): string {
  const asked = query.get('fieldManager') ?? '';
  const problems = managerProblems(asked);
  if (problems.length > 0) {
    throw invalid(
      { group: 'meta.k8s.io', kind: optionsKind },
      '',
      problems.map((message) => ({ type: 'FieldValueInvalid', field: 'fieldManager', message })),
    );
  }
  if (asked !== '') return asked;
  const [program = ''] = (request.headers['user-agent'] ?? '').split('/');
  return printable(program).slice(0, LONGEST_MANAGER) || 'unknown';
}

function managerProblems(name: string): string[] {
  const problems: string[] = [];
  if (Buffer.byteLength(name) > LONGEST_MANAGER) problems.push('Too long: may not be more than 128 bytes');
  if (printable(name) !== name) {
    problems.push(`Invalid value: ${JSON.stringify(name)}: should only contain printable characters`);
  }
  return problems;
}

/** Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols and the plain blank. */
function printable(text: string): string {
  return text.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '');
}

/** The parameter `force` of a patch. Throws Invalid where it has no meaning, and when an apply names no manager. */
export function applyParameters({ query }: Exchange, isApply: boolean): { readonly force: boolean } {
  const force = query.get('force') ?? '';
  const refuse = (type: FieldError['type'], field: string, message: string) => {
    throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [{ type, field, message }]);
  };
  if (isApply && (query.get('fieldManager') ?? '') === '') {
    refuse('FieldValueRequired', 'fieldManager', 'Required value: is required for apply patch');
  }
  if (!isApply && force !== '') {
    refuse('FieldValueForbidden', 'force', 'Forbidden: may not be specified for non-apply patch');
  }
  return { force: force === 'true' || force === '1' };
}
