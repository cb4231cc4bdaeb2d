/**
 * Which parameters of a list or a watch may stand together, in Kubernetes' words. Source: apimachinery's
 * apis/meta/internalversion/validation.
 */
import type { FieldError } from '../field-error.ts';
import { invalid } from '../status-error.ts';

const MATCH = 'resourceVersionMatch';
const MATCHES = { list: ['Exact', 'NotOlderThan', ''], watch: ['NotOlderThan'] } as const;

/** Throws Invalid. */
export function checkListOptions(query: URLSearchParams, mode: 'list' | 'watch'): void {
  const match = query.get(MATCH) ?? '';
  const sendsInitial = (query.get('sendInitialEvents') ?? '') !== '';
  const errors: FieldError[] = [];
  const forbid = (field: string, why: string) =>
    errors.push({ type: 'FieldValueForbidden', field, message: `Forbidden: ${why}` });
  if (mode === 'watch' && sendsInitial && match !== 'NotOlderThan') {
    forbid(MATCH, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  if (match !== '') {
    const version = query.get('resourceVersion') ?? '';
    if (mode === 'watch' && !sendsInitial) {
      forbid(MATCH, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
    }
    if (mode === 'list' && version === '') {
      forbid(MATCH, 'resourceVersionMatch is forbidden unless resourceVersion is provided');
    }
    if (query.get('continue')) forbid(MATCH, 'resourceVersionMatch is forbidden when continue is provided');
    const supported: readonly string[] = MATCHES[mode];
    if (!supported.includes(match)) errors.push(unsupported(match, supported));
    if (mode === 'list' && match === 'Exact' && version === '0') {
      forbid(MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
    }
  }
  if (mode === 'list' && sendsInitial) forbid('sendInitialEvents', 'sendInitialEvents is forbidden for list');
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
}

function unsupported(match: string, supported: readonly string[]): FieldError {
  const names = [...supported].sort().map((value) => JSON.stringify(value));
  const message = `Unsupported value: ${JSON.stringify(match)}: supported values: ${names.join(', ')}`;
  return { type: 'FieldValueNotSupported', field: MATCH, message };
}
