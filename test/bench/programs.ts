/** The benchmarks' own programs: bundles beside this one, or in a development tree the TypeScript files themselves. */
import { join } from 'node:path';

const isBundle = !import.meta.filename.endsWith('.ts');

/** The file of a program, for node. */
export function benchProgram(name: 'guest' | 'peer'): string {
  return join(import.meta.dirname, isBundle ? `bench-${name}.js` : `${name}-main.ts`);
}
