/** `podwire kube-proxy stop|start [--node N]`: a node whose kube-proxy has died, and the way back. */
import { DaemonClient } from '../../lab/daemon-client.ts';
import { findLab } from '../../lab/find-lab.ts';

export async function kubeProxyCommand(
  action: 'stop' | 'start',
  options: { readonly name: string; readonly node?: string },
): Promise<number> {
  const is = action === 'stop' ? 'stopped' : 'running';
  const daemon = new DaemonClient(options.name, findLab(options.name).socket);
  const nodes = await daemon.runKubeProxy({ is, node: options.node });
  const state = action === 'stop' ? 'has stopped; its rules stay as they are' : 'runs, and its rules are up to date';
  process.stdout.write(`kube-proxy on ${nodes.join(', ')} ${state}.\n`);
  return 0;
}
