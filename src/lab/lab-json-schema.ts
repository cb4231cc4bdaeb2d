/** The JSON Schema of lab files, for editors, from the schema the loader itself uses. */
import { z } from 'zod';
import { LAB_FILE_SCHEMA } from './lab-file-schema.ts';

/** The text of `lab/lab.schema.json`. `io: input`: a field with a default may be left out. */
export function labJsonSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(LAB_FILE_SCHEMA, { io: 'input' }), null, 2)}\n`;
}
