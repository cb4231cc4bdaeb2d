/**
 * Stage, in place of the API server of one's own: the way to one elsewhere. The fabric's gateway answers in place of that API
 * server and passes connections on through the uplink, so a node or pod reaches it over its own cable and no other way.
 */
import { connect, createServer, type Socket } from 'node:net';
import { loadKubeconfig } from '../../client/kubeconfig.ts';
import { RemoteTransport } from '../../client/remote-transport.ts';
import { wildcardFor } from '../../net/host-port.ts';
import { familyOf } from '../../net/ip.ts';
import { API_PORT } from '../cluster-objects.ts';
import type { DaemonContext } from '../daemon/daemon-context.ts';
import { NODE_DEADLINE_MS, type OpenApi } from '../daemon/open-api.ts';
import type { RemoteApi } from '../plan-lab.ts';
import { observeRedirect, planRedirect } from './plan-redirect.ts';
import { splice } from './splice.ts';

/** Reads the lab's own copy of the kubeconfig. */
export async function openRemoteApi({ plan, directory, kernel }: DaemonContext, remote: RemoteApi): Promise<OpenApi> {
  const { connection } = await loadKubeconfig(directory.kubeconfig);
  const uplink = (): Socket => connect(directory.uplinkSocket);
  const viaGateway = (netns: string) => kernel.sockets.connect(netns, { host: plan.gateway.ip, port: API_PORT });
  return {
    transport: new RemoteTransport({ ...connection, userAgent: 'podwire', connect: uplink }),
    connectionFrom: (netns, user) => ({
      ...connection,
      userAgent: user,
      deadlineMs: NODE_DEADLINE_MS,
      connect: () => viaGateway(netns),
    }),
    async serveNodes() {
      const { netns, ips } = plan.gateway;
      for (const family of new Set(ips.map(familyOf))) {
        const { stdout } = await kernel.read(netns, [family === 4 ? 'iptables-save' : 'ip6tables-save', '-t', 'nat']);
        const place = { underlays: plan.underlay.subnets, port: API_PORT, jumpStands: observeRedirect(stdout) };
        await kernel.run(netns, planRedirect(remote, family, place));
      }
      const relay = createServer((socket) => splice(socket, uplink()));
      await kernel.sockets.listen(netns, relay, { host: wildcardFor(ips), port: API_PORT });
    },
  };
}
