/** `podwire kubectl -- ARGS`: the real kubectl, on this terminal, with the lab's kubeconfig. */
import { runAttached } from '../../kernel/program.ts';
import { findLab } from '../../lab/find-lab.ts';
import { kubectlEnvironment } from '../../lab/kubectl-environment.ts';
import { LabError } from '../../lab/lab-error.ts';
import { isOnPath } from '../../lab/preflight.ts';

/** Exit code: kubectl's own. */
export async function kubectlCommand(args: readonly string[], options: { readonly name: string }): Promise<number> {
  const directory = findLab(options.name);
  if (!isOnPath('kubectl'))
    throw new LabError({
      what: 'there is no kubectl on this host',
      why: '`podwire kubectl` runs the real one, and PATH has none',
      remedy: 'apt-get install kubernetes-client, or see https://kubernetes.io/docs/tasks/tools/',
    });
  return await runAttached(['kubectl', ...args], kubectlEnvironment(directory));
}
