/** The objects that steps look at, by the names people type: `pod`, `pods`, `svc`, `deployment/nginx`. */
import type { ResourceType } from '../../objects/resource.ts';
import { hasReason } from '../../objects/transport.ts';
import type { ApiObject } from '../../objects/wire.ts';
import { resourceNamed } from '../resource-words.ts';
import type { StepContext } from '../step-context.ts';

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
