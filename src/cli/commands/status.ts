/** `podwire status`: the lab at this moment, as text or JSON. */
import { DaemonClient } from '../../lab/daemon-client.ts';
import { findLab } from '../../lab/find-lab.ts';
import type { LabSnapshot } from '../../lab/lab-snapshot.ts';
import { formatTable } from '../table.ts';

export async function statusCommand(options: { readonly name: string; readonly output?: 'json' }): Promise<number> {
  const { socket } = findLab(options.name);
  const snapshot = await new DaemonClient(options.name, socket).snapshot();
  process.stdout.write(options.output === 'json' ? `${JSON.stringify(snapshot, null, 2)}\n` : formatStatus(snapshot));
  return 0;
}

/** The snapshot as tables in kubectl's manner. */
export function formatStatus(snapshot: LabSnapshot): string {
  const ready = snapshot.nodes.filter((node) => node.ready).length;
  return [
    `lab ${snapshot.name}: ${ready} of ${snapshot.nodes.length} nodes ready${snapshot.kernel === 'uml' ? ' in User-mode Linux' : ''}, Kubernetes ${snapshot.kubernetesVersion}, pods ${snapshot.podSubnet}, Services ${snapshot.serviceSubnet}\n`,
    ...snapshot.warnings.map((warning) => `warning: ${warning}\n`),
    section(
      ['NODE', 'ROLE', 'STATUS', 'IP', 'POD CIDR', 'KUBE-PROXY', 'NAMESPACE'],
      snapshot.nodes.map((node) => [
        node.name,
        node.role,
        node.ready ? 'Ready' : 'NotReady',
        node.ips.join(','),
        node.podCIDRs.join(','),
        `${node.proxy.mode}, ${proxyState(node.proxy)}`,
        node.netns,
      ]),
    ),
    section(
      ['HOST', 'IP', 'NAMESPACE'],
      snapshot.hosts.map((host) => [host.name, host.ips.join(','), host.netns]),
    ),
    section(
      ['POD', 'PHASE', 'READY', 'RESTARTS', 'IP', 'NODE'],
      snapshot.pods.map((pod) => [
        `${pod.namespace}/${pod.name}`,
        pod.phase,
        pod.ready ? 'yes' : 'no',
        String(pod.restarts),
        pod.ips.join(','),
        pod.node,
      ]),
    ),
    section(
      ['SERVICE', 'TYPE', 'CLUSTER-IP', 'PORTS', 'ENDPOINTS'],
      snapshot.services.map((service) => [
        `${service.namespace}/${service.name}`,
        service.type,
        service.clusterIPs.join(',') || service.clusterIP,
        service.ports.join(','),
        service.endpoints.join(','),
      ]),
    ),
    `\nbuilt in: ${snapshot.timings.map(({ part, ms }) => `${part} ${Math.round(ms)} ms`).join(', ')}\n`,
  ].join('');
}

function proxyState({ stopped, synced, departing }: LabSnapshot['nodes'][number]['proxy']): string {
  const state = stopped === true ? 'stopped' : synced ? 'synced' : 'syncing';
  return departing === undefined ? state : `${state}, ${departing.connections} open by ${departing.mode}`;
}

/** A table under an empty line; nothing at all without rows. */
function section(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? '' : `\n${formatTable(head, rows)}`;
}
