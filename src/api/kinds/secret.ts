/** Secret: like a ConfigMap, with a type; `stringData` is write-only and ends up in `data`. */
import { Buffer } from 'node:buffer';
import { SECRETS } from '../../objects/resource.ts';
import type { Secret } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { validateSecret, validateSecretUpdate } from '../validation/config.ts';
import { AGE, ageOf, column, NAME, nameOf } from './columns.ts';

export const secret: ResourceDefinition<Secret> = {
  type: SECRETS,
  singular: 'secret',
  shortNames: [],
  categories: [],
  schema: 'io.k8s.api.core.v1.Secret',
  subresources: [],
  strategy: {
    setDefaults(object) {
      object.type ??= 'Opaque';
      for (const [key, text] of Object.entries(object.stringData ?? {})) {
        object.data = { ...object.data, [key]: Buffer.from(text).toString('base64') };
      }
      delete object.stringData;
    },
    validate: validateSecret,
    validateUpdate: validateSecretUpdate,
  },
  table: {
    columns: [NAME, column('Type', 'What the Secret is for.'), column('Data', 'Number of keys.', 'integer'), AGE],
    cells: (object, now) => [
      nameOf(object),
      object.type ?? '',
      Object.keys(object.data ?? {}).length,
      ageOf(object, now),
    ],
  },
};
