/** The program's first instructions: is this Node fit, then the commands. Imports nothing before it knows. */
const LEAST_NODE = 22;

if (Number(process.versions.node.split('.')[0]) < LEAST_NODE) {
  process.stderr.write(
    `podwire: this Node.js is too old\n  why: podwire needs ${LEAST_NODE} or later, ${process.execPath} is ${process.version}\n` +
      '  do:  sh lab/setup.sh in the checkout, which puts a fit one into .node\n',
  );
  process.exit(1);
}
const { runCli } = await import('./run-cli.ts');
process.exitCode = await runCli(process.argv);
