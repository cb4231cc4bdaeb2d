/** Columns and cells that many kinds share. */
import type { ApiObject, Container, LabelSelector } from '../../objects/wire.ts';
import type { TableColumn, TableDefinition } from '../resource-definition.ts';
import { age } from './age.ts';

export const NAME: TableColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace.',
  priority: 0,
};

export const AGE: TableColumn = {
  name: 'Age',
  type: 'string',
  description: 'Time since the object was created.',
  priority: 0,
};

/** An always shown column. */
export function column(name: string, description: string, type: TableColumn['type'] = 'string'): TableColumn {
  return { name, type, description, priority: 0 };
}

/** A column of `-o wide`. */
export function wide(name: string, description: string, type: TableColumn['type'] = 'string'): TableColumn {
  return { name, type, description, priority: 1 };
}

/** Name and age, for kinds without columns of their own. */
export const NAME_AND_AGE: TableDefinition<ApiObject> = {
  columns: [NAME, AGE],
  cells: (object, now) => [nameOf(object), ageOf(object, now)],
};

export function nameOf(object: ApiObject): string {
  return object.metadata?.name ?? '';
}

export function ageOf(object: ApiObject, now: number): string {
  return age(object.metadata?.creationTimestamp, now);
}

/** `a=1,b=2` in key order; `<none>` when empty. */
export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? '<none>' : pairs.join(',');
}

const OPERATORS: Readonly<Record<string, (key: string, values: string) => string>> = {
  In: (key, values) => `${key} in (${values})`,
  NotIn: (key, values) => `${key} notin (${values})`,
  Exists: (key) => key,
  DoesNotExist: (key) => `!${key}`,
};

/** `app=web,tier in (a,b)`; `<none>` for a selector that selects everything. */
export function formatSelector(selector: LabelSelector | undefined): string {
  if (selector === undefined) return '<none>';
  const parts = Object.entries(selector.matchLabels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`);
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    parts.push(OPERATORS[operator]?.(key, [...(values ?? [])].sort().join(',')) ?? `${key} ${operator}`);
  }
  return parts.length === 0 ? '<none>' : parts.join(',');
}

/** Kubernetes clips a load balancer's addresses to this many characters. */
const LOAD_BALANCER_WIDTH = 16;

/** The addresses of a load balancer, each once and sorted: `192.0.2.1,192.0.2.2`; empty when it has none. */
export function loadBalancerAddresses(
  status: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] } | undefined,
): string {
  const addresses = (status?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? '');
  const joined = [...new Set(addresses.filter((address) => address !== ''))].sort().join(',');
  return joined.length > LOAD_BALANCER_WIDTH ? `${joined.slice(0, LOAD_BALANCER_WIDTH - 3)}...` : joined;
}

/** The two cells CONTAINERS and IMAGES. */
export function containerCells(containers: readonly Container[] | undefined): [string, string] {
  return [
    (containers ?? []).map((container) => container.name).join(','),
    (containers ?? []).map((container) => container.image ?? '').join(','),
  ];
}
