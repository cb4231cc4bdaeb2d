/**
 * The models of the installed client library: names and types from their attribute maps, descriptions and which fields must be
 * there from the comments and declarations beside them. Knows how the library is laid out, and nothing of what is made of it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as library from '@kubernetes/client-node';

export interface LibraryField {
  readonly name: string;
  /** `string`, `Array<V1ServicePort>`, `{ [key: string]: string; }`. */
  readonly type: string;
  /** `int32`, `byte`, `date-time-micro`; empty for none. */
  readonly format: string;
  readonly required: boolean;
  readonly description: string | undefined;
}

export interface LibraryModel {
  readonly description: string | undefined;
  readonly fields: readonly LibraryField[];
}

interface Attribute {
  readonly name: string;
  readonly baseName: string;
  readonly type: string;
  readonly format: string;
}

const DECLARATIONS = join(dirname(fileURLToPath(import.meta.resolve('@kubernetes/client-node'))), 'gen/models');
const CLASS = /^\/\*\*\n\* (.*)\n\*\/\nexport declare class /m;
const FIELD = /^ {4}(?:\/\*\*\n {4}\* (.*)\n {4}\*\/\n {4})?'([^']+)'(\??): /gm;

/** The library's model of that name; undefined when it has none. */
export function libraryModel(name: string): LibraryModel | undefined {
  const exported = (library as unknown as Record<string, { getAttributeTypeMap?: () => Attribute[] } | undefined>)[
    name
  ];
  const declaration = join(DECLARATIONS, `${name}.d.ts`);
  if (exported?.getAttributeTypeMap === undefined || !existsSync(declaration)) return undefined;
  const text = readFileSync(declaration, 'utf8');
  const declared = new Map(
    [...text.matchAll(FIELD)].map(([, comment, field, optional]) => [field!, { comment, required: optional === '' }]),
  );
  return {
    description: unescaped(CLASS.exec(text)?.[1]),
    fields: exported.getAttributeTypeMap().map(({ name: field, baseName, type, format }) => {
      const found = declared.get(field);
      if (found === undefined) throw new Error(`${declaration} does not declare ${field}`);
      const { comment, required } = found;
      return { name: baseName, type, format, required, description: unescaped(comment) };
    }),
  };
}

/** A comment as it was written before the library's generator escaped it. */
function unescaped(comment: string | undefined): string | undefined {
  return comment
    ?.replace(/\\(['"`])/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
