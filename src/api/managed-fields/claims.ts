/**
 * The entries of `metadata.managedFields`: who claims which fields, by which kind of write. Knows how they are told apart,
 * ordered, read from clients and named in messages; what a write does to them is decided elsewhere.
 */
import type { ApiObject, ObjectMeta } from '../../objects/wire.ts';
import { equalJson } from '../json.ts';
import { type FieldSet, isEmptySet, isFieldSet } from './field-set.ts';
import { sharedSet } from './shared-sets.ts';

/** The order of the members is that of the API's own JSON. */
export interface Claim {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  /** RFC 3339; absent when an applier claimed what stood there already. */
  readonly time?: string;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: FieldSet;
  readonly subresource?: string;
}

/** Who writes, and how. */
export type Claimant = Pick<Claim, 'manager' | 'operation' | 'apiVersion' | 'subresource'>;

/** The claims of a stored object. */
export function claimsOf(object: ApiObject | undefined): readonly Claim[] {
  return (object?.metadata?.managedFields ?? []) as unknown as readonly Claim[];
}

/** Metadata with these claims; without the member when there are none. */
export function withClaims(metadata: ObjectMeta | undefined, claims: readonly Claim[]): ObjectMeta {
  const { managedFields: _former, ...rest } = metadata ?? {};
  return (claims.length === 0 ? rest : { ...rest, managedFields: claims }) as unknown as ObjectMeta;
}

/**
 * The claims a client sends along: `reset` for the one empty entry that clears them, undefined when there are none or they
 * are not well formed (then the stored ones stay).
 */
export function claimsFromClient(object: ApiObject): readonly Claim[] | 'reset' | undefined {
  const entries: unknown = object.metadata?.managedFields;
  if (!Array.isArray(entries) || entries.length === 0) return undefined;
  if (entries.length === 1 && Object.keys(entries[0] ?? {}).length === 0) return 'reset';
  return entries.every(isClaim) ? entries.filter(({ fieldsV1 }) => !isEmptySet(fieldsV1)) : undefined;
}

function isClaim(entry: unknown): entry is Claim {
  if (typeof entry !== 'object' || entry === null) return false;
  const { manager, operation, apiVersion, fieldsType, fieldsV1, subresource } = entry as Record<string, unknown>;
  return (
    (operation === 'Apply' || operation === 'Update') &&
    typeof (manager ?? '') === 'string' &&
    typeof (subresource ?? '') === 'string' &&
    typeof apiVersion === 'string' &&
    apiVersion !== '' &&
    fieldsType === 'FieldsV1' &&
    isFieldSet(fieldsV1 ?? {})
  );
}

/** An applier keeps its claims when it changes to another version of the API; an updater has one entry for each. */
export function isBy(claim: Claimant, { manager, operation, apiVersion, subresource }: Claimant): boolean {
  return (
    claim.manager === manager &&
    claim.operation === operation &&
    (claim.subresource ?? '') === (subresource ?? '') &&
    (operation === 'Apply' || claim.apiVersion === apiVersion)
  );
}

/** A claim of these fields. `time`: RFC 3339. */
export function makeClaim(claimant: Claimant, fields: FieldSet, time: string | undefined): Claim {
  const { manager, operation, apiVersion, subresource } = claimant;
  return {
    ...{ manager, operation, apiVersion },
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: sharedSet(fields),
    ...(subresource === undefined ? {} : { subresource }),
  };
}

/** The claim with other fields and the time it had. */
export function withFields(claim: Claim, fields: FieldSet): Claim {
  return { ...claim, fieldsV1: sharedSet(fields) };
}

/** An object read from a file, its claims' sets shared with those of others. */
export function withSharedSets(object: ApiObject): ApiObject {
  const claims = claimsOf(object);
  if (claims.length === 0) return object;
  return {
    ...object,
    metadata: withClaims(
      object.metadata,
      claims.map((claim) => withFields(claim, claim.fieldsV1)),
    ),
  };
}

/** Whether two lists claim the same, whenever it was. */
export function sameClaims(a: readonly Claim[], b: readonly Claim[]): boolean {
  const untimed = ({ time: _time, ...claim }: Claim) => claim;
  return a === b || (a.length === b.length && a.every((claim, at) => equalJson(untimed(claim), untimed(b[at]!))));
}

/** In the order the API gives them: appliers first, then by time and by name. */
export function sortedClaims(claims: readonly Claim[]): readonly Claim[] {
  const order = ({ operation, time = '', manager, apiVersion, subresource = '' }: Claim) => [
    operation,
    time,
    manager,
    apiVersion,
    subresource,
  ];
  return claims.length < 2 ? claims : [...claims].sort((a, b) => compareTexts(order(a), order(b)));
}

function compareTexts(a: readonly string[], b: readonly string[]): number {
  const index = a.findIndex((text, at) => text !== b[at]);
  return index < 0 ? 0 : a[index]! < b[index]! ? -1 : 1;
}

/** Sorts claimants as Kubernetes does in messages: by the JSON it knows them by. */
export function claimantKey({ manager, operation, apiVersion, subresource }: Claimant): string {
  const version = operation === 'Apply' ? {} : { apiVersion };
  return JSON.stringify({ manager, operation, ...version, ...(subresource ? { subresource } : {}) });
}

/** `"kubectl" with subresource "scale" using apps/v1`. */
export function claimantText({ manager, operation, apiVersion, subresource }: Claimant): string {
  const through = subresource ? ` with subresource ${JSON.stringify(subresource)}` : '';
  return `${JSON.stringify(manager)}${through}${operation === 'Update' ? ` using ${apiVersion}` : ''}`;
}
