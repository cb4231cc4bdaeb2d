/** The JSON Schema of scenarios and exercises, for editors, from the schemas the loader itself uses. */
import { z } from 'zod';
import { ANY_CLAIM, exerciseSchema } from './exercise.ts';
import { scenarioSchema } from './scenario.ts';
import { ANY_STEP } from './steps.ts';

/** The text of `scenarios/scenario.schema.json`. */
export function scenarioJsonSchema(): string {
  const schema = z.union([scenarioSchema(ANY_STEP), exerciseSchema(ANY_STEP, ANY_CLAIM)]);
  return `${JSON.stringify(z.toJSONSchema(schema, { io: 'input', reused: 'ref' }), null, 2)}\n`;
}
