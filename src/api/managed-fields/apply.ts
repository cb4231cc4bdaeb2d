/**
 * Server-side apply: merges a configuration into the live object, removes what its applier has stopped to state, and finds
 * whose claims it touches. Source: structured-merge-diff's merge/update.go and apimachinery's managedfields. Pure.
 */
import type { ApiObject } from '../../objects/wire.ts';
import { statusError } from '../status-error.ts';
import { type Claim, type Claimant, claimsOf, isBy, makeClaim, sortedClaims, withClaims } from './claims.ts';
import { compare } from './compare.ts';
import { type Conflict, conflictError, conflictsWith } from './conflicts.ts';
import { descend, type FieldSet, isEmptySet, LEAF, union } from './field-set.ts';
import { fieldsOf } from './fields-of.ts';
import { KUBECTL, lastAppliedFields, withLastApplied } from './last-applied.ts';
import { merge } from './merge.ts';
import { prune } from './prune.ts';
import { trackUpdate, withdrawn } from './track-update.ts';
import { ownable, reached, type Tracking } from './tracking.ts';
import { typeProblems } from './type-problems.ts';

/** Who is said to have made an object nobody had claimed before it was first applied. */
const BEFORE_FIRST_APPLY = 'before-first-apply';

export interface ApplyOptions {
  readonly manager: string;
  /** Takes what others claim. */
  readonly force: boolean;
  /** RFC 3339. */
  readonly now: string;
}

export interface Applied {
  /** With its claims; shares what did not change with the live object. */
  readonly object: ApiObject;
  /** False when the configuration changes nothing but claims. */
  readonly changed: boolean;
}

/** `live` undefined: the object is to be made. Throws an ApiError: 409 with the conflicts, 500 for what is not of the type. */
export function applyConfiguration(
  tracking: Tracking,
  live: ApiObject | undefined,
  config: ApiObject,
  { manager, force, now }: ApplyOptions,
): Applied {
  refuseUntyped(tracking, config);
  const { apiVersion, subresource } = tracking;
  const applier: Claimant = { manager, operation: 'Apply', apiVersion, ...(subresource && { subresource }) };
  const known = claimsBefore(tracking, live, now);
  const former = known.find((claim) => isBy(claim, applier));
  const others = known.filter((claim) => claim !== former);
  const stated = reached(tracking, fieldsOf(tracking.type, config));
  const result = pruned(tracking, merge(tracking.type, live ?? {}, config), former, stated, others) as ApiObject;
  const comparison = compare(tracking.type, live ?? {}, result);
  const touched = { changed: reached(tracking, comparison.changed), removed: reached(tracking, comparison.removed) };
  const conflicts = conflictsWith(others, applier, touched.changed);
  if (!force) refuseConflicts(tracking, live, manager, conflicts);
  const changed = !isEmptySet(touched.changed) || !isEmptySet(touched.removed);
  const own = ownable(stated);
  // As Kubernetes does: who claims what stands there already leaves the time as it was, or has none.
  const time = changed ? now : former?.time;
  const rest = withdrawn(others, union(touched.changed, touched.removed));
  const claims = sortedClaims(isEmptySet(own) ? rest : [...rest, makeClaim(applier, own, time)]);
  const object = { ...result, metadata: withClaims(result.metadata, claims) };
  return { object: manager === KUBECTL ? withLastApplied(object, config) : object, changed };
}

function refuseUntyped({ type }: Tracking, config: ApiObject): void {
  const problems = typeProblems(type, config);
  if (problems.length === 0) return;
  const { namespace = '', name = '' } = config.metadata ?? {};
  const [version = '', group = ''] = (config.apiVersion ?? '').split('/').reverse();
  const which = `${namespace}/${name}; ${group}/${version}, Kind=${config.kind}`;
  const text = problems.length === 1 ? problems[0] : ['errors:', ...problems.map((line) => `  ${line}`)].join('\n');
  throw statusError(500, '', `failed to create typed patch object (${which}): ${text}`);
}

/** What stands in an object that nobody has claimed is put down to whoever was there before. */
function claimsBefore(tracking: Tracking, live: ApiObject | undefined, now: string): readonly Claim[] {
  const claims = claimsOf(live);
  return live === undefined || claims.length > 0
    ? claims
    : trackUpdate(tracking, undefined, live, BEFORE_FIRST_APPLY, now);
}

function pruned(
  { type }: Tracking,
  merged: unknown,
  former: Claim | undefined,
  stated: FieldSet,
  others: readonly Claim[],
): unknown {
  if (former === undefined) return merged;
  const claims = others.reduce((set, { fieldsV1 }) => union(set, fieldsV1), stated);
  return prune(type, merged, former.fieldsV1, claims);
}

function refuseConflicts(
  tracking: Tracking,
  live: ApiObject | undefined,
  manager: string,
  conflicts: readonly Conflict[],
): void {
  if (conflicts.length === 0) return;
  const allowed = manager === KUBECTL && live !== undefined ? lastAppliedFields(tracking, live) : LEAF;
  const refused = conflicts.filter(({ path }) => !has(allowed, path));
  if (refused.length > 0) throw conflictError(refused);
}

function has(set: FieldSet, [element, ...rest]: readonly string[]): boolean {
  const { member, below } = descend(set, element ?? '');
  return rest.length === 0 ? member : has(below, rest);
}
