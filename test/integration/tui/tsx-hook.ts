/** Lets node run the .tsx files of src/ as they are: `node --import ./tsx-hook.ts src/cli/main.ts tui`. */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';

registerHooks({
  load(url, context, next) {
    if (!url.endsWith('.tsx')) return next(url, context);
    const { code } = transformSync(readFileSync(fileURLToPath(url), 'utf8'), {
      loader: 'tsx',
      jsx: 'automatic',
      format: 'esm',
    });
    return { format: 'module', source: code, shortCircuit: true };
  },
});
