/**
 * A daemon that runs programs in containers until it is killed: `node program-daemon.ts DIRECTORY POD SPEC…` (JSON). Prints a line
 * when all of them run; one whose environment has `SESSION` gets a `sleep` run in it besides.
 */
import { LinuxKernel } from '../../../src/kernel/linux-kernel.ts';
import type { ContainerSpec, PodPlace } from '../../../src/node/runtime/container-runtime.ts';
import { prepareHostTree } from '../../../src/node/runtime/host-tree.ts';
import { LeftPrograms } from '../../../src/node/runtime/left-programs.ts';
import { ProgramContainer } from '../../../src/node/runtime/program-container.ts';

const [directory = '', pod = '', ...specs] = process.argv.slice(2);
const kernel = new LinuxKernel();
const containers = `${directory}/containers`;
const host = {
  kernel,
  tree: prepareHostTree(`${directory}/runtime`, [directory]),
  directory: containers,
  left: new LeftPrograms(kernel, containers),
};
for (const text of specs) {
  const spec = JSON.parse(text) as ContainerSpec & { run: { argv: [string, ...string[]] } };
  const container = new ProgramContainer(host, JSON.parse(pod) as PodPlace, spec, spec.run.argv);
  await container.runs();
  if (spec.env.SESSION !== undefined) await container.exec(['sleep', spec.env.SESSION], { stdin: false, tty: false });
}
process.stdout.write('running\n');
