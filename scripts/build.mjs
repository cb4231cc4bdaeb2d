// Bundles the programs of dist/ (see the table), so that a command starts in tens of milliseconds.
// koffi is native and stays outside; chunks are split so that a command loads only what it needs.
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const entries = {
  podwire: 'src/cli/main.ts',
  daemon: 'src/lab/daemon-main.ts',
  remove: 'src/lab/remove-main.ts',
  pods: 'src/lab/pods-main.ts',
  agnhost: 'src/node/agnhost-main.ts',
  bench: 'test/bench/main.ts',
};

// An ES module's import of node:http reads all that it exports, and so loads the fetch implementation behind its
// WebSocket: 20 ms for each process. Taken as a CommonJS module, only what is used is read.
const lazyHttp = {
  name: 'lazy-http',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?http$/ }, () => ({ path: 'http', namespace: 'lazy-http' }));
    onLoad({ filter: /.*/, namespace: 'lazy-http' }, () => ({
      contents: "module.exports = process.getBuiltinModule('node:http');",
    }));
  },
};

rmSync(join(root, 'dist'), { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(Object.entries(entries).filter(([, path]) => existsSync(join(root, path)))),
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  // The ES modules of packages that have both: a CommonJS one has no named exports behind a dynamic import.
  mainFields: ['module', 'main'],
  target: 'node22',
  jsx: 'automatic',
  sourcemap: true,
  plugins: [lazyHttp],
  external: ['koffi', 'react-devtools-core'],
  // Bundled CommonJS packages call require() of Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
