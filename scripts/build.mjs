// Bundles the programs of dist/ (see the table), so that a command starts in tens of milliseconds.
// koffi is native and stays outside; chunks are split so that a command loads only what it needs.
import { existsSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const entries = {
  podwire: 'src/cli/main.ts',
  daemon: 'src/lab/daemon-main.ts',
  remove: 'src/lab/remove-main.ts',
  pods: 'src/lab/pods-main.ts',
  uplink: 'src/lab/join/uplink-main.ts',
  relays: 'src/lab/relays-main.ts',
  machine: 'src/lab/uml/machine-main.ts',
  agent: 'src/lab/uml/agent-main.ts',
  agnhost: 'src/node/agnhost-main.ts',
  ingress: 'src/ingress/ingress-main.ts',
  bench: 'test/bench/main.ts',
  'bench-guest': 'test/bench/guest-main.ts',
  'bench-peer': 'test/bench/peer-main.ts',
  'bench-api': 'test/bench/api-server-main.ts',
};

// An ES module's import of one of Node's own modules reads all that it exports, and so loads whatever is behind its lazy
// exports (node:http: a WebSocket with all of fetch; node:util: text decoders, differences of texts): 30 ms for each
// process. Here each name is an export of its own, and those that nobody imports are left out.
const lazyBuiltins = {
  name: 'lazy-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z_:/0-9]+$/ }, ({ path, kind }) => {
      const name = path.replace(/^node:/, '');
      if (kind !== 'import-statement' || !builtinModules.includes(name)) return undefined;
      return { path: name, namespace: 'lazy-builtins', sideEffects: false };
    });
    onLoad({ filter: /.*/, namespace: 'lazy-builtins' }, ({ path }) => {
      const module = `process.getBuiltinModule(${JSON.stringify(`node:${path}`)})`;
      const names = Object.getOwnPropertyNames(process.getBuiltinModule(path)).filter(
        (name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== 'default',
      );
      const lines = names.map(
        (name) => `const _${name} = /* @__PURE__ */ of('${name}'); export { _${name} as ${name} };`,
      );
      return { contents: `const of = (name) => ${module}[name];\nexport default ${module};\n${lines.join('\n')}\n` };
    });
  },
};

// koffi's own entry looks at all of node:util, likewise; what it wraps around the native part are warnings.
const nativeKoffi = {
  name: 'native-koffi',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^koffi$/ }, ({ namespace }) =>
      namespace === 'native-koffi' ? { path: 'koffi', external: true } : { path: 'koffi', namespace: 'native-koffi' },
    );
    onLoad({ filter: /.*/, namespace: 'native-koffi' }, () => ({
      contents: `
        let native;
        try {
          native = require('@koromix/koffi-' + process.platform + '-' + process.arch);
        } catch {
          native = require('koffi');
        }
        export default native;`,
    }));
  },
};

rmSync(join(root, 'dist'), { recursive: true, force: true });
const options = {
  absWorkingDir: root,
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
  plugins: [lazyBuiltins, nativeKoffi],
  external: ['react-devtools-core'],
  // Bundled CommonJS packages call require() of Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
};
// Each program by itself: chunks shared among all of them would be many small files to load, each 0.3 ms.
await Promise.all(
  Object.entries(entries)
    .filter(([, path]) => existsSync(join(root, path)))
    .map(([name, path]) => build({ ...options, entryPoints: { [name]: path } })),
);
