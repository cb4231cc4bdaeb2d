/**
 * The annotation of client-side apply, and how a change to server-side apply takes over from it: fields that stand as they
 * were last applied on the client are no conflict for kubectl. Source: apimachinery's lastappliedmanager.go and
 * lastappliedupdater.go. Pure.
 */
import type { ApiObject, ObjectMeta } from '../../objects/wire.ts';
import { compare } from './compare.ts';
import { difference, type FieldSet, LEAF, union } from './field-set.ts';
import { fieldsOf } from './fields-of.ts';
import type { Tracking } from './tracking.ts';
import { typeProblems } from './type-problems.ts';

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** The manager that the take-over is for; who goes by another name is taken to mean it. */
export const KUBECTL = 'kubectl';

/** Fields of `live` that are as client-side apply left them. */
export function lastAppliedFields({ type, apiVersion }: Tracking, live: ApiObject): FieldSet {
  const config = parsed(live.metadata?.annotations?.[LAST_APPLIED]);
  if (config === undefined || config.apiVersion !== apiVersion || typeProblems(type, config).length > 0) return LEAF;
  const { changed, removed } = compare(type, config, live);
  return difference(fieldsOf(type, config), union(changed, removed));
}

function parsed(text: string | undefined): ApiObject | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as ApiObject) : undefined;
  } catch {
    // Anybody may write the annotation; what is no JSON hands nothing over.
    return undefined;
  }
}

/** The object with its annotation brought up to the configuration that was applied; the same object when it has none. */
export function withLastApplied(object: ApiObject, config: ApiObject): ApiObject {
  const annotations = object.metadata?.annotations;
  if (!annotations?.[LAST_APPLIED]) return object;
  const metadata = { ...object.metadata, annotations: { ...annotations, [LAST_APPLIED]: annotationText(config) } };
  return { ...object, metadata: metadata as ObjectMeta };
}

/** The configuration without the annotation, as Go's encoder writes it. */
function annotationText(config: ApiObject): string {
  const { [LAST_APPLIED]: former, ...annotations } = config.metadata?.annotations ?? {};
  const metadata = former === undefined ? config.metadata : { ...config.metadata, annotations };
  const text = JSON.stringify(sorted({ ...config, metadata }));
  return `${text.replace(/[<>&\u2028\u2029]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, sorted(member)]));
}
