/** The environment of a kubectl that meets one lab alone, and leaves nothing behind but in the lab's own folder. */
import type { StateDirectory } from './state-directory.ts';

/** This process's environment with the lab's kubeconfig, and with kubectl's discovery cache (else `~/.kube/cache`) in the lab's folder. */
export function kubectlEnvironment({ kubeconfig, kubectlCache }: StateDirectory): NodeJS.ProcessEnv {
  return { ...process.env, KUBECONFIG: kubeconfig, KUBECACHEDIR: kubectlCache };
}
