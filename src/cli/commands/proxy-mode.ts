/** `podwire proxy-mode MODE [--node N]`: changes the backend of kube-proxy while traffic flows. */
import { DaemonClient } from '../../lab/daemon-client.ts';
import { findLab } from '../../lab/find-lab.ts';

export interface ProxyModeOptions {
  readonly name: string;
  readonly node?: string;
  readonly strictProxyMode?: boolean;
  readonly ipvsScheduler?: string;
}

export async function proxyModeCommand(mode: string, options: ProxyModeOptions): Promise<number> {
  const { socket } = findLab(options.name);
  const { node, strictProxyMode: strict, ipvsScheduler: scheduler } = options;
  const nodes = await new DaemonClient(options.name, socket).switchProxyMode({ mode, node, strict, scheduler });
  for (const [reached, there] of Map.groupBy(nodes, (each) => each.mode)) {
    const obstacle = there.find((each) => each.obstacle !== undefined)?.obstacle;
    const why = obstacle === undefined ? '' : `, since mode ${mode} cannot be used: ${obstacle}`;
    process.stdout.write(`kube-proxy is in mode ${reached} on ${there.map(({ name }) => name).join(', ')}${why}.\n`);
  }
  for (const { name, departing } of nodes)
    if (departing !== undefined)
      process.stdout.write(
        `On ${name} ${departing.mode} keeps what ${departing.connections} of its connections need, until they end.\n`,
      );
  return 0;
}
