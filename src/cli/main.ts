/** The program's first instructions: is this Node fit, then the commands. Imports nothing before it knows. */

/** The first with node:sqlite that needs no flag. */
const LEAST_NODE = [22, 13] as const;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1])) {
  process.stderr.write(
    `podwire: this Node.js is too old\n  why: podwire needs ${LEAST_NODE.join('.')} or later, ${process.execPath} is ${process.version}\n` +
      '  do:  sh lab/setup.sh in the checkout, which puts a fit one into .node\n',
  );
  process.exit(1);
}
const { runCli } = await import('./run-cli.ts');
process.exitCode = await runCli(process.argv);
