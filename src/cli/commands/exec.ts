/** `podwire exec TARGET -- CMD`: runs a program where it stands in the network, on this terminal. */
import { DaemonClient } from '../../lab/daemon-client.ts';
import { findLab } from '../../lab/find-lab.ts';
import { LabError } from '../../lab/lab-error.ts';
import { attach } from '../../lab/lab-programs.ts';

/** Exit code: the program's own; 126 and 127 as a shell has them when it cannot be started. */
export async function execCommand(
  target: string,
  argv: readonly string[],
  options: { readonly name: string; readonly container?: string },
): Promise<number> {
  const [program, ...args] = argv;
  if (program === undefined)
    throw new LabError({
      what: 'podwire exec was given no program',
      why: 'nothing stands behind the target',
      remedy: `podwire exec ${target} -- ip addr`,
      exitCode: 2,
    });
  const directory = findLab(options.name);
  const daemon = new DaemonClient(options.name, directory.socket);
  const { argv: command, env } = await daemon.exec(target, [program, ...args], options.container);
  return await attach(directory, command, env);
}
