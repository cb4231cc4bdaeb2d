/** Finds the container a log, exec or attach request is for. */
import type { Pod } from '../../objects/wire.ts';
import type { ApiCore } from '../api-core.ts';
import type { PodContainerRef } from '../kubelet-connector.ts';
import { getObject } from '../operations/read.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { badRequest } from '../status-error.ts';

/**
 * The container named, or the pod's only one; `node` is empty while the pod is not scheduled. Throws NotFound (pod)
 * and BadRequest (container).
 */
export function podContainer(
  core: ApiCore,
  definition: ResourceDefinition,
  key: { readonly namespace: string; readonly name: string },
  asked: string | null,
): PodContainerRef {
  const { spec } = getObject(core, definition, key.namespace, key.name).object as Pod;
  const [inits, mains, ephemerals] = [spec?.initContainers, spec?.containers, spec?.ephemeralContainers].map((list) =>
    (list ?? []).map(({ name }) => name),
  ) as [string[], string[], string[]];
  const container = asked || (mains.length === 1 ? mains[0]! : '');
  if (container === '') {
    const initList = inits.length === 0 ? '' : ` or one of the init containers: [${inits.join(' ')}]`;
    throw badRequest(
      `a container name must be specified for pod ${key.name}, choose one of: [${mains.join(' ')}]${initList}`,
    );
  }
  if (![...inits, ...mains, ...ephemerals].includes(container)) {
    throw badRequest(`container ${container} is not valid for pod ${key.name}`);
  }
  return { node: spec?.nodeName ?? '', namespace: key.namespace, pod: key.name, container };
}
