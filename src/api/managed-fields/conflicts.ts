/** Conflicts of an apply, and how Kubernetes tells of them (apimachinery's managedfields/internal/conflict.go). Pure. */
import type { ApiError } from '../../objects/transport.ts';
import { statusError } from '../status-error.ts';
import { type Claim, type Claimant, claimantKey, claimantText, isBy } from './claims.ts';
import { type FieldSet, intersection, paths, pathText } from './field-set.ts';

export interface Conflict {
  readonly claimant: Claimant;
  /** The path as its elements. */
  readonly path: readonly string[];
}

/** What the applier would change of others' claims, by claimant and path. */
export function conflictsWith(claims: readonly Claim[], applier: Claimant, changed: FieldSet): Conflict[] {
  return claims
    .filter((claim) => !isBy(claim, applier))
    .sort((a, b) => (claimantKey(a) < claimantKey(b) ? -1 : 1))
    .flatMap((claim) =>
      paths(intersection(claim.fieldsV1, changed)).map((path): Conflict => ({ claimant: claim, path })),
    );
}

/** `Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas`. */
export function conflictError(conflicts: readonly Conflict[]): ApiError {
  const causes = conflicts.map(({ claimant, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${claimantText(claimant)}`,
    field: pathText(path),
  }));
  return statusError(409, 'Conflict', message(conflicts), { causes });
}

function message(conflicts: readonly Conflict[]): string {
  const [first] = conflicts;
  if (conflicts.length === 1 && first !== undefined) {
    return `Apply failed with 1 conflict: conflict with ${claimantText(first.claimant)}: ${pathText(first.path)}`;
  }
  const lines: string[] = [];
  conflicts.forEach(({ claimant, path }, index) => {
    if (conflicts[index - 1]?.claimant !== claimant) lines.push(`conflicts with ${claimantText(claimant)}:`);
    lines.push(`- ${pathText(path)}`);
  });
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}
