/** The JSON Schema of scenarios, for editors, from the schemas the loader itself uses. */
import { z } from 'zod';
import { scenarioSchema } from './scenario.ts';
import { ANY_STEP } from './steps.ts';

/** The text of `scenarios/scenario.schema.json`. */
export function scenarioJsonSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(scenarioSchema(ANY_STEP), { io: 'input', reused: 'ref' }), null, 2)}\n`;
}
