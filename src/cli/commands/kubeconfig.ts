/** `podwire kubeconfig`: prints the lab's kubeconfig, or its path. */
import { readFileSync } from 'node:fs';
import { findLab } from '../../lab/find-lab.ts';

/** The file is 0600: printing it is the user's own choice. */
export async function kubeconfigCommand(options: { readonly name: string; readonly path?: boolean }): Promise<number> {
  const { kubeconfig } = findLab(options.name);
  process.stdout.write(options.path === true ? `${kubeconfig}\n` : readFileSync(kubeconfig, 'utf8'));
  return 0;
}
