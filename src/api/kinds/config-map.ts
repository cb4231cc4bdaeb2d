/** ConfigMap: keys and values; no spec, no status. */
import { CONFIG_MAPS } from '../../objects/resource.ts';
import type { ConfigMap } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { validateConfigMap, validateConfigMapUpdate } from '../validation/config.ts';
import { AGE, ageOf, column, NAME, nameOf } from './columns.ts';

export const configMap: ResourceDefinition<ConfigMap> = {
  type: CONFIG_MAPS,
  singular: 'configmap',
  shortNames: ['cm'],
  categories: [],
  schema: 'io.k8s.api.core.v1.ConfigMap',
  subresources: [],
  strategy: { validate: validateConfigMap, validateUpdate: validateConfigMapUpdate },
  table: {
    columns: [NAME, column('Data', 'Number of keys.', 'integer'), AGE],
    cells: (object, now) => [
      nameOf(object),
      Object.keys(object.data ?? {}).length + Object.keys(object.binaryData ?? {}).length,
      ageOf(object, now),
    ],
  },
};
