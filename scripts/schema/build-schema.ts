/** The generated schema and descriptions, from the installed client library and the fact table. */
import type { SchemaNode } from '../../src/api/schema/definitions.ts';
import { type Facts, type Texts, withFacts } from './facts.ts';
import { libraryModel } from './library-models.ts';
import { librarySchema, modelsOf } from './library-schema.ts';

export interface LibraryKnowledge {
  readonly schema: SchemaNode;
  readonly texts: Texts;
}

/** What the library knows of each of these definitions; nothing of those it has no model of. */
export function libraryKnowledge(definitions: readonly string[]): ReadonlyMap<string, LibraryKnowledge> {
  const models = modelsOf(definitions, libraryModel);
  return new Map(
    [...models.values()].map(({ definition, model }) => {
      const texts = [
        ['', model.description] as const,
        ...model.fields.map((each) => [each.name, each.description] as const),
      ];
      const known = texts.filter((entry): entry is readonly [string, string] => entry[1] !== undefined);
      return [definition, { schema: librarySchema(model, models), texts: Object.fromEntries(known) }];
    }),
  );
}

/** The two generated tables. The fact table says which definitions are kept. */
export function buildSchema(facts: Facts): {
  readonly schema: Readonly<Record<string, SchemaNode>>;
  readonly descriptions: Readonly<Record<string, Texts>>;
} {
  const names = Object.keys(facts);
  const known = libraryKnowledge(names);
  const schema = names.map((name) => [name, withFacts(known.get(name)?.schema ?? {}, facts[name]?.schema)] as const);
  const descriptions = names.map((name) => [name, textsOf(known.get(name), facts[name]?.texts)] as const);
  return { schema: Object.fromEntries(schema), descriptions: Object.fromEntries(descriptions) };
}

/** The definition's own text first, then its fields' in the schema's order. */
function textsOf(known: LibraryKnowledge | undefined, lost: Texts | undefined): Texts {
  const texts: Texts = { ...known?.texts, ...lost };
  const order = ['', ...Object.keys(known?.schema.properties ?? {})];
  return Object.fromEntries(order.flatMap((field) => (texts[field] === undefined ? [] : [[field, texts[field]]])));
}
