/**
 * Whose fields are whose after a create, an update or a patch: the writer claims what it changed, everybody loses what was
 * changed or removed. Source: apimachinery's managedfields and structured-merge-diff's merge/update.go. Pure.
 */
import type { ApiObject } from '../../objects/wire.ts';
import { equalJson } from '../json.ts';
import {
  type Claim,
  type Claimant,
  claimsFromClient,
  claimsOf,
  isBy,
  makeClaim,
  sortedClaims,
  withFields,
} from './claims.ts';
import { compare } from './compare.ts';
import { difference, type FieldSet, intersection, isEmptySet, union } from './field-set.ts';
import { ownable, reached, type Tracking } from './tracking.ts';

/** Claims of updates kept apart; older ones are put together under this name. */
const MOST_UPDATERS = 10;
const ANCIENT = 'ancient-changes';

/**
 * The claims after a write that makes `asked` of `live` (undefined: a create); those of `live` themselves when nobody's change.
 * An object nobody claims anything of stays so until it is applied. `now`: RFC 3339.
 */
export function trackUpdate(
  tracking: Tracking,
  live: ApiObject | undefined,
  asked: ApiObject,
  manager: string,
  now: string,
): readonly Claim[] {
  const known = claimsBefore(tracking, live, asked);
  if (live !== undefined && known.length === 0) return known;
  const comparison = compare(tracking.type, live ?? {}, asked);
  const changed = ownable(reached(tracking, comparison.changed));
  const removed = ownable(reached(tracking, comparison.removed));
  if (isEmptySet(changed) && isEmptySet(removed)) return known;
  const { apiVersion, subresource } = tracking;
  const writer: Claimant = { manager, operation: 'Update', apiVersion, ...(subresource && { subresource }) };
  const claims = withdrawn(known, union(changed, removed));
  return sortedClaims(capped(isEmptySet(changed) ? claims : claimed(claims, writer, changed, now)));
}

/** The claims without these fields; a claim of nothing goes. */
export function withdrawn(claims: readonly Claim[], fields: FieldSet): readonly Claim[] {
  return claims.flatMap((claim) => {
    if (isEmptySet(intersection(claim.fieldsV1, fields))) return [claim];
    const left = difference(claim.fieldsV1, fields);
    return isEmptySet(left) ? [] : [withFields(claim, left)];
  });
}

/** The claims with these fields added to the writer's. */
export function claimed(claims: readonly Claim[], writer: Claimant, fields: FieldSet, now: string): readonly Claim[] {
  const own = claims.find((claim) => isBy(claim, writer));
  if (own === undefined) return [...claims, makeClaim(writer, fields, now)];
  const others = claims.filter((claim) => claim !== own);
  return [...others, makeClaim(writer, union(own.fieldsV1, fields), now)];
}

/** A client may set the claims along with the object, but through no subresource. */
function claimsBefore({ subresource }: Tracking, live: ApiObject | undefined, asked: ApiObject): readonly Claim[] {
  const stored = claimsOf(live);
  const given = asked.metadata?.managedFields as unknown;
  if (subresource !== undefined || given === undefined || given === stored) return stored;
  const claims = claimsFromClient(asked);
  if (claims === 'reset') return [];
  return claims === undefined || claims.length === 0 || equalJson(claims, stored) ? stored : sortedClaims(claims);
}

function capped(claims: readonly Claim[]): readonly Claim[] {
  const updates = claims.filter(({ operation }) => operation === 'Update');
  const surplus = updates.length - MOST_UPDATERS;
  if (surplus <= 0) return claims;
  const byAge = [...updates].sort((a, b) => ((a.time ?? '') < (b.time ?? '') ? -1 : 1));
  // Putting n claims together leaves one of them.
  const [first, ...rest] = byAge.slice(0, surplus + 1);
  const bucket: Claimant = { manager: ANCIENT, operation: 'Update', apiVersion: first!.apiVersion };
  const together = rest.filter(({ apiVersion }) => apiVersion === bucket.apiVersion);
  const gone = new Set([first!, ...together, ...updates.filter((claim) => isBy(claim, bucket))]);
  const fields = [...gone].reduce<FieldSet>((set, { fieldsV1 }) => union(set, fieldsV1), {});
  const time = together.at(-1)?.time ?? first!.time;
  return [...claims.filter((claim) => !gone.has(claim)), makeClaim(bucket, fields, time)];
}
