// Writes lab/lab.schema.json from the schema the loader itself uses. Run after a change of src/lab/lab-file-schema.ts.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { labJsonSchema } from '../src/lab/lab-json-schema.ts';

writeFileSync(join(import.meta.dirname, '../lab/lab.schema.json'), labJsonSchema());
