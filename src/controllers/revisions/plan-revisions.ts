/**
 * The history of a StatefulSet or DaemonSet: one ControllerRevision for each template it has had, the newest with the
 * highest number. A rollback makes an old one the newest again. Pure: from the set and its revisions to what is to be written.
 */

import type { ResourceType } from '../../objects/resource.ts';
import type { ControllerRevision, ObjectMeta, PodTemplateSpec } from '../../objects/wire.ts';
import { sameTemplate } from '../deployment/pod-template.ts';
import { controllerReference } from '../owner-reference.ts';

/** A set with a history. */
export interface RevisedSet {
  readonly metadata?: ObjectMeta;
  readonly spec?: { readonly template: PodTemplateSpec; readonly revisionHistoryLimit?: number };
}

export interface RevisionNames {
  /** Name of the present template's revision: `web-6c5f7b9d8`. */
  readonly name: string;
  /** Labels of it, besides the template's. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface RevisionPlan {
  readonly create: ControllerRevision | undefined;
  /** An old revision that is the newest again, with its new number. */
  readonly renumber: { readonly revision: ControllerRevision; readonly number: number } | undefined;
  readonly remove: readonly ControllerRevision[];
}

const DEFAULT_LIMIT = 10;

/** The revision's content: a strategic merge patch that puts the template back (`kubectl rollout undo` applies it). */
export function revisionData(template: PodTemplateSpec | undefined): object {
  return { spec: { template: { $patch: 'replace', ...template } } };
}

/** The template a revision holds; undefined when it is not one of ours. */
export function templateOf({ data }: ControllerRevision): PodTemplateSpec | undefined {
  const template = (data as { spec?: { template?: PodTemplateSpec & { $patch?: string } } } | undefined)?.spec
    ?.template;
  if (template === undefined) return undefined;
  const { $patch: _directive, ...rest } = template;
  return rest;
}

/** What to write. `inUse`: names of revisions that pods or the status still speak of; they are never removed. */
export function planRevisions(
  owner: { readonly type: ResourceType; readonly object: RevisedSet },
  revisions: readonly ControllerRevision[],
  names: RevisionNames,
  inUse: ReadonlySet<string>,
): RevisionPlan {
  const { object } = owner;
  const ordered = [...revisions].sort((a, b) => a.revision - b.revision);
  const template = object.spec?.template;
  const newest = ordered.at(-1);
  const equal = ordered.findLast((revision) => sameTemplate(templateOf(revision), template));
  const remove = expired(object, ordered, equal?.metadata?.name ?? names.name, inUse);
  const number = (newest?.revision ?? 0) + 1;
  if (equal === undefined) return { create: newRevision(owner, names, number), renumber: undefined, remove };
  const renumber = equal === newest ? undefined : { revision: equal, number };
  return { create: undefined, renumber, remove };
}

function newRevision(
  { type, object }: { readonly type: ResourceType; readonly object: RevisedSet },
  { name, labels }: RevisionNames,
  revision: number,
): ControllerRevision {
  const { namespace, annotations } = object.metadata ?? {};
  const template = object.spec?.template;
  return {
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...template?.metadata?.labels, ...labels },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [controllerReference(type, object)],
    },
    data: revisionData(template),
    revision,
  };
}

/** The oldest of those nobody speaks of, beyond the limit. */
function expired(
  { spec }: RevisedSet,
  ordered: readonly ControllerRevision[],
  current: string,
  inUse: ReadonlySet<string>,
): ControllerRevision[] {
  const idle = ordered.filter(({ metadata }) => metadata?.name !== current && !inUse.has(metadata?.name ?? ''));
  return idle.slice(0, Math.max(0, idle.length - (spec?.revisionHistoryLimit ?? DEFAULT_LIMIT)));
}
