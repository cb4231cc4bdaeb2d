/** Resources by the names people type: `pod`, `pods`, `svc`, `deployment/nginx`. */
import { nearMiss } from '../../lab/near-miss.ts';
import type { ResourceType } from '../../objects/resource.ts';
import * as resources from '../../objects/resource.ts';
import { hasReason } from '../../objects/transport.ts';
import type { ApiObject } from '../../objects/wire.ts';
import type { StepContext } from '../step-context.ts';

const SHORT: Readonly<Record<string, string>> = {
  po: 'pods',
  svc: 'services',
  deploy: 'deployments',
  rs: 'replicasets',
  ep: 'endpoints',
  ns: 'namespaces',
  no: 'nodes',
  cm: 'configmaps',
  rc: 'replicationcontrollers',
  sts: 'statefulsets',
  ds: 'daemonsets',
  ev: 'events',
};
const TYPES: readonly ResourceType[] = Object.values(resources).filter(
  (value): value is ResourceType => typeof value === 'object' && 'plural' in value,
);

/** The resource of `pod`, `pods`, `Pod` or `po`; throws when there is none. */
export function resourceNamed(word: string): ResourceType {
  const lower = word.toLowerCase();
  const plural = SHORT[lower] ?? lower;
  const found = TYPES.find((type) => type.plural === plural || type.kind.toLowerCase() === plural);
  if (found !== undefined) return found;
  const meant = nearMiss(
    lower,
    TYPES.map((type) => type.plural),
  );
  throw new Error(`no resource is called "${word}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`);
}

/** The objects of `pod`, `pod/NAME`, or `pod` with a selector, in the scenario's namespace; none is an empty list. */
export async function objectsOf(
  resource: string,
  selector: string | undefined,
  context: StepContext,
): Promise<ApiObject[]> {
  const [word = '', name] = resource.split('/');
  const type = resourceNamed(word);
  const scope = type.namespaced ? { namespace: context.namespace } : {};
  if (name !== undefined) return await getOne(type, { ...scope, name }, context);
  const labels = selector === undefined ? {} : { labelSelector: selector };
  return (await context.lab.transport.list(type, { ...scope, ...labels })).items;
}

/** One object as a list of one, or an empty list. */
export async function getOne(
  type: ResourceType,
  key: { namespace?: string; name: string },
  context: StepContext,
): Promise<ApiObject[]> {
  try {
    return [await context.lab.transport.get(type, key)];
  } catch (error) {
    if (hasReason(error, 'NotFound')) return [];
    throw error;
  }
}

/** An object's name; empty where it has none. */
export function nameOf({ metadata }: ApiObject): string {
  return metadata?.name ?? '';
}
