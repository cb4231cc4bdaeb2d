/** `podwire status`: the lab at this moment, as text or JSON. */
import { DaemonClient } from '../../lab/daemon-client.ts';
import { findLab } from '../../lab/find-lab.ts';
import type { LabSnapshot } from '../../lab/lab-snapshot.ts';

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
    table(
      ['NODE', 'ROLE', 'STATUS', 'IP', 'POD CIDR', 'KUBE-PROXY', 'NAMESPACE'],
      snapshot.nodes.map((node) => [
        node.name,
        node.role,
        node.ready ? 'Ready' : 'NotReady',
        node.ips.join(','),
        node.podCIDRs.join(','),
        `${node.proxy.mode}, ${node.proxy.synced ? 'synced' : 'syncing'}`,
        node.netns,
      ]),
    ),
    table(
      ['HOST', 'IP', 'NAMESPACE'],
      snapshot.hosts.map((host) => [host.name, host.ips.join(','), host.netns]),
    ),
    table(
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
    table(
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

/** Columns three spaces apart; nothing at all without rows. An empty cell is `<none>`, as kubectl has it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const cells = [head, ...rows.map((row) => row.map((cell) => cell || '<none>'))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return `\n${cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]! + 3))
        .join('')
        .trimEnd(),
    )
    .join('\n')}\n`;
}
