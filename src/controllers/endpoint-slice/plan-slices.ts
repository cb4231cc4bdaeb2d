/**
 * Distributes endpoints over EndpointSlices with as few writes as can be: what is in a slice stays there, new ones fill
 * slices that are written anyway, then one that has room, then new slices (the algorithm of Kubernetes' reconciler,
 * per set of ports). Pure.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Endpoint, EndpointSlice, ObjectMeta } from '../../objects/wire.ts';
import { type AddressType, portsKey, type SlicePort } from './slice-ports.ts';

/** Endpoints that share their ports. */
export interface EndpointGroup {
  readonly ports: readonly SlicePort[];
  readonly endpoints: readonly Endpoint[];
}

export interface SliceTemplate {
  readonly addressType: AddressType;
  /** Of new slices; `labels` and `annotations` are those every slice must have. */
  readonly metadata: ObjectMeta;
  /** At most so many endpoints in a slice. */
  readonly capacity: number;
  /** Whether an empty slice stands for "no endpoints". */
  readonly placeholder: boolean;
}

export interface SlicePlan {
  readonly create: EndpointSlice[];
  readonly update: EndpointSlice[];
  readonly remove: EndpointSlice[];
}

interface Draft {
  readonly slice: EndpointSlice;
  endpoints: Endpoint[];
  touched: boolean;
}

/** The writes that make `existing` (slices of this address type) hold exactly the groups' endpoints. */
export function planSlices(
  groups: readonly EndpointGroup[],
  existing: readonly EndpointSlice[],
  template: SliceTemplate,
): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], remove: [] };
  const left = new Map<string, EndpointSlice[]>();
  for (const slice of existing) {
    const key = portsKey(slice.ports);
    left.set(key, [...(left.get(key) ?? []), slice]);
  }
  for (const { ports, endpoints } of groups.filter((group) => group.endpoints.length > 0)) {
    const key = portsKey(ports);
    planGroup({ ports, endpoints }, left.get(key) ?? [], template, plan);
    left.delete(key);
  }
  plan.remove.push(...[...left.values()].flat());
  if (template.placeholder && plan.remove.length === existing.length && plan.create.length === 0) {
    keepPlaceholder(template, plan);
  }
  return plan;
}

function planGroup(
  group: EndpointGroup,
  existing: readonly EndpointSlice[],
  template: SliceTemplate,
  plan: SlicePlan,
): void {
  const wanted = new Map(group.endpoints.map((endpoint) => [endpointKey(endpoint), endpoint]));
  const drafts: Draft[] = existing.map((slice) => {
    const endpoints: Endpoint[] = [];
    let touched = false;
    for (const endpoint of slice.endpoints ?? []) {
      const key = endpointKey(endpoint);
      const next = wanted.get(key);
      wanted.delete(key);
      if (next === undefined) touched = true;
      else {
        touched ||= !isDeepStrictEqual(next, endpoint);
        endpoints.push(next);
      }
    }
    return { slice, endpoints, touched };
  });
  const rest = [...wanted.values()];
  const { capacity } = template;
  // First into slices that must be written anyway, the fullest first.
  const changed = drafts.filter(({ touched, endpoints }) => touched && endpoints.length > 0);
  changed.sort((a, b) => b.endpoints.length - a.endpoints.length);
  for (const draft of changed) draft.endpoints.push(...rest.splice(0, Math.max(0, capacity - draft.endpoints.length)));
  // Whole slices of their own for as many as fill one; what remains goes where it fits best.
  while (rest.length >= capacity) plan.create.push(newSlice(group.ports, rest.splice(0, capacity), template));
  if (rest.length > 0) {
    const fitting = drafts.filter((draft) => draft.endpoints.length + rest.length <= capacity);
    fitting.sort((a, b) => b.endpoints.length - a.endpoints.length);
    const [best] = fitting;
    if (best === undefined) plan.create.push(newSlice(group.ports, rest, template));
    else {
      best.endpoints.push(...rest);
      best.touched = true;
    }
  }
  for (const { slice, endpoints, touched } of drafts) {
    if (endpoints.length === 0) plan.remove.push(slice);
    else if (touched || !hasMetadata(slice, template)) plan.update.push(renewed(slice, { endpoints }, template));
  }
}

function keepPlaceholder(template: SliceTemplate, plan: SlicePlan): void {
  const kept = plan.remove.pop();
  if (kept === undefined) plan.create.push(newSlice([], [], template));
  else if ((kept.endpoints?.length ?? 0) > 0 || (kept.ports?.length ?? 0) > 0 || !hasMetadata(kept, template)) {
    plan.update.push(renewed(kept, { endpoints: [], ports: [] }, template));
  }
}

/** What makes an endpoint the same one: its address and the pod behind it, not its conditions. */
function endpointKey({ addresses, targetRef, hostname = '' }: Endpoint): string {
  return [
    ...[...addresses].sort(),
    targetRef?.namespace ?? '',
    targetRef?.name ?? '',
    targetRef?.uid ?? '',
    hostname,
  ].join('|');
}

function newSlice(ports: readonly SlicePort[], endpoints: Endpoint[], template: SliceTemplate): EndpointSlice {
  return { metadata: template.metadata, addressType: template.addressType, endpoints, ports: [...ports] };
}

function hasMetadata(slice: EndpointSlice, { metadata }: SliceTemplate): boolean {
  return (
    isDeepStrictEqual(slice.metadata?.labels ?? {}, metadata.labels ?? {}) &&
    (metadata.annotations === undefined || isDeepStrictEqual(slice.metadata?.annotations ?? {}, metadata.annotations))
  );
}

function renewed(slice: EndpointSlice, changes: Partial<EndpointSlice>, { metadata }: SliceTemplate): EndpointSlice {
  const { labels, annotations } = metadata;
  const kept = {
    ...slice.metadata,
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return { ...slice, ...changes, metadata: kept };
}
