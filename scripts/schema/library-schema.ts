/** Definitions as far as the client library knows them: which model is whose, and its types in the form of OpenAPI. Pure. */
import type { SchemaNode } from '../../src/api/schema/definitions.ts';
import type { LibraryModel } from './library-models.ts';

const TIME = 'io.k8s.apimachinery.pkg.apis.meta.v1.Time';
const MICRO_TIME = 'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime';
const INT_OR_STRING = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString';

export interface ModelOf {
  readonly definition: string;
  readonly model: LibraryModel;
}

/**
 * The models of these definitions, by the models' names. The library tells two groups' types of one name apart by the
 * group: `CoreV1Event` and `EventsV1Event`; all others are `V1Pod`. Definitions without a model (times, quantities) are left out.
 */
export function modelsOf(
  definitions: readonly string[],
  find: (name: string) => LibraryModel | undefined,
): ReadonlyMap<string, ModelOf> {
  const models = new Map<string, ModelOf>();
  for (const definition of definitions) {
    const [group = '', version = '', kind = ''] = definition.split('.').slice(-3);
    const plain = capital(version) + kind;
    for (const name of [capital(group) + plain, plain]) {
      const model = find(name);
      if (model === undefined) continue;
      const other = models.get(name)?.definition;
      if (other !== undefined) throw new Error(`${name} would be the model of both ${other} and ${definition}`);
      models.set(name, { definition, model });
      break;
    }
  }
  return models;
}

/** What the library knows of a definition. A type it does not name (`any`) is left open. */
export function librarySchema(model: LibraryModel, models: ReadonlyMap<string, ModelOf>): SchemaNode {
  const required = model.fields.filter((field) => field.required).map(({ name }) => name);
  const properties = model.fields.map(({ name, type, format }) => [name, typeNode(type, format, models)] as const);
  return {
    type: 'object',
    ...(required.length === 0 ? {} : { required }),
    ...(properties.length === 0 ? {} : { properties: Object.fromEntries(properties) }),
  };
}

function typeNode(type: string, format: string, models: ReadonlyMap<string, ModelOf>): SchemaNode {
  const element = /^Array<(.*)>$/.exec(type)?.[1];
  if (element !== undefined) return { type: 'array', items: typeNode(element, format, models) };
  const value = /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1];
  if (value !== undefined) return { type: 'object', additionalProperties: typeNode(value, format, models) };
  switch (type) {
    case 'string':
      return format === '' ? { type } : { type, format };
    case 'boolean':
      return { type };
    case 'number':
      return { type: format.startsWith('int') ? 'integer' : 'number', ...(format === '' ? {} : { format }) };
    case 'Date':
      return { $ref: TIME };
    case 'V1MicroTime':
      return { $ref: MICRO_TIME };
    case 'IntOrString':
      return { $ref: INT_OR_STRING };
    case 'any':
      return {};
  }
  const definition = models.get(type)?.definition;
  if (definition === undefined) throw new Error(`${type} is the model of no definition that is kept`);
  return { $ref: definition };
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
