/** Services and Deployments as the trackers see them, and how sets of fields are read in tests. */
import type { Claim } from '../../../src/api/managed-fields/claims.ts';
import { type FieldSet, paths, pathText } from '../../../src/api/managed-fields/field-set.ts';
import { type FieldType, fieldTypeOf } from '../../../src/api/managed-fields/field-type.ts';
import { type Tracking, trackingOf } from '../../../src/api/managed-fields/tracking.ts';
import type { ApiObject } from '../../../src/objects/wire.ts';
import { Pipeline } from '../pipeline.ts';

export const NOW = '2026-01-02T03:04:05Z';

const definitions = new Pipeline().definitions;

export const SERVICE: FieldType = fieldTypeOf('io.k8s.api.core.v1.Service');
export const POD: FieldType = fieldTypeOf('io.k8s.api.core.v1.Pod');

/** How a kind is tracked: `Service`, `Deployment` … */
export function tracking(kind: string, subresource?: string): Tracking {
  const found = definitions.all.find(({ type }) => type.kind === kind);
  if (found === undefined) throw new Error(`no kind ${kind}`);
  return trackingOf(found, subresource);
}

/** The members of a set as Kubernetes writes paths, sorted. */
export function texts(set: FieldSet): string[] {
  return paths(set).map(pathText).sort();
}

/** Who claims what: `kubectl Apply` → its paths. */
export function owners(claims: readonly Claim[]): Record<string, string[]> {
  const name = ({ manager, operation, subresource }: Claim) =>
    [manager, operation, subresource].filter((part) => part !== undefined).join(' ');
  return Object.fromEntries(claims.map((claim) => [name(claim), texts(claim.fieldsV1)]));
}

export function service(spec: object, metadata: object = {}): ApiObject {
  const base = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'default', ...metadata } };
  return { ...base, spec } as ApiObject;
}

export function configMap(data: Record<string, unknown>, metadata: object = {}): ApiObject {
  const base = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cm', namespace: 'default', ...metadata } };
  return { ...base, data } as ApiObject;
}
