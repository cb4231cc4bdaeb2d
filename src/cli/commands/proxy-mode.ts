/** `podwire proxy-mode MODE [--node N]`: changes the backend of kube-proxy while traffic flows. */
import { DaemonClient } from '../../lab/daemon-client.ts';
import { findLab } from '../../lab/find-lab.ts';

export async function proxyModeCommand(
  mode: string,
  options: { readonly name: string; readonly node?: string },
): Promise<number> {
  const { socket } = findLab(options.name);
  const nodes = await new DaemonClient(options.name, socket).switchProxyMode(mode, options.node);
  process.stdout.write(`kube-proxy is in mode ${mode} on ${nodes.join(', ')}.\n`);
  return 0;
}
