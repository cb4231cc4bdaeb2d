/** `podwire exec TARGET -- CMD`: runs a program where it stands in the network, on this terminal. */
import { NOT_FOUND, runAttached } from '../../kernel/program.ts';
import { DaemonClient } from '../../lab/daemon-client.ts';
import { findLab } from '../../lab/find-lab.ts';
import { LabError } from '../../lab/lab-error.ts';

/** Exit code: the program's own; 126 and 127 as a shell has them when it cannot be started. */
export async function execCommand(
  target: string,
  argv: readonly string[],
  options: { readonly name: string; readonly container?: string },
): Promise<number> {
  if (argv.length === 0)
    throw new LabError({
      what: 'podwire exec was given no program',
      why: 'nothing stands behind the target',
      remedy: `podwire exec ${target} -- ip addr`,
      exitCode: 2,
    });
  const { socket } = findLab(options.name);
  const { argvPrefix } = await new DaemonClient(options.name, socket).target(target, options.container);
  const code = await runAttached([...argvPrefix, ...argv]);
  if (code === NOT_FOUND) process.stderr.write(`podwire: ${argv[0]}: command not found\n`);
  return code;
}
