/** Node: a machine of the cluster; the kubelet writes its status. */
import { NODES } from '../../objects/resource.ts';
import type { Node } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { validateNode } from '../validation/node.ts';
import { AGE, ageOf, column, NAME, nameOf, wide } from './columns.ts';
import { keepMetadata } from './generation.ts';

const ROLE_PREFIX = 'node-role.kubernetes.io/';

export const node: ResourceDefinition<Node> = {
  type: NODES,
  singular: 'node',
  shortNames: ['no'],
  categories: [],
  schema: 'io.k8s.api.core.v1.Node',
  subresources: ['status', 'proxy'],
  strategy: {
    // A kubelet registers its node with the status it has: nothing is cleared on create.
    prepareForUpdate(object, previous) {
      if (previous.status === undefined) delete object.status;
      else object.status = previous.status;
    },
    // The kubelet may set labels and annotations along with the status.
    prepareForStatusUpdate(object, previous) {
      const { labels, annotations } = object.metadata ?? {};
      if (previous.spec !== undefined) object.spec = { ...previous.spec };
      keepMetadata(object, previous);
      Object.assign(object.metadata ?? {}, labels && { labels }, annotations && { annotations });
    },
    validate: validateNode,
    selectableFields: { 'spec.unschedulable': (object) => String(object.spec?.unschedulable ?? false) },
  },
  table: {
    columns: [
      NAME,
      column('Status', 'Ready or NotReady.'),
      column('Roles', 'Roles by label.'),
      AGE,
      column('Version', 'Version of the kubelet.'),
      wide('Internal-IP', 'Address within the cluster.'),
      wide('External-IP', 'Address from outside.'),
      wide('OS-Image', 'Operating system.'),
      wide('Kernel-Version', 'Kernel.'),
      wide('Container-Runtime', 'Container runtime and version.'),
    ],
    cells: (object, now) => [
      nameOf(object),
      status(object),
      roles(object),
      ageOf(object, now),
      object.status?.nodeInfo?.kubeletVersion ?? '',
      address(object, 'InternalIP'),
      address(object, 'ExternalIP'),
      object.status?.nodeInfo?.osImage || '<unknown>',
      object.status?.nodeInfo?.kernelVersion || '<unknown>',
      object.status?.nodeInfo?.containerRuntimeVersion || '<unknown>',
    ],
  },
};

/** `Ready`, `NotReady`, `Unknown`, with `,SchedulingDisabled` for a cordoned node. */
function status(object: Node): string {
  const ready = object.status?.conditions?.find((condition) => condition.type === 'Ready');
  const words = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (object.spec?.unschedulable === true) words.push('SchedulingDisabled');
  return words.join(',');
}

function roles(object: Node): string {
  const found = Object.entries(object.metadata?.labels ?? {}).flatMap(([label, value]) => {
    if (label.startsWith(ROLE_PREFIX)) return [label.slice(ROLE_PREFIX.length)];
    return label === 'kubernetes.io/role' ? [value] : [];
  });
  return [...new Set(found.filter((role) => role !== ''))].sort().join(',') || '<none>';
}

function address(object: Node, type: string): string {
  return object.status?.addresses?.find((found) => found.type === type)?.address ?? '<none>';
}
