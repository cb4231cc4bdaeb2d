/**
 * Stage: the API server. It listens where the launcher put the listener (the host's loopback) and on the control-plane
 * node; whatever stands on a node reaches it by a connection that starts in that node's namespace.
 */
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { type ApiServer, createApiServer } from '../../api/api-server.ts';
import { createApiCore } from '../../api/create-api-core.ts';
import { InProcessTransport } from '../../api/in-process-transport.ts';
import type { KubeletConnector } from '../../api/kubelet-connector.ts';
import { kubeconfigText } from '../../api/tls/kubeconfig.ts';
import type { ApiConnectionOptions } from '../../client/api-connection.ts';
import { hostPort, wildcardFor } from '../../net/host-port.ts';
import type { Transport } from '../../objects/transport.ts';
import { API_PORT, controlPlane } from '../cluster-objects.ts';
import { grantsOf } from '../identity.ts';
import type { DaemonContext } from './daemon-context.ts';
import { componentLogger } from './logger.ts';
import { KUBERNETES_VERSION } from './observe-lab.ts';
import type { LabState } from './open-state.ts';

/** A node's component gives a request up after the time a kubelet does; a cut link then costs no more than that once it is mended. */
export const NODE_DEADLINE_MS = 10_000;
/** In a guest everything shares one processor, and that with the host's other work. */
const GUEST_DEADLINE_MS = 30_000;

export interface OpenApi {
  /** For what stands in the control plane's own process. */
  readonly transport: Transport;
  /** Lets nodes reach it; the fabric must stand. */
  serveNodes(): Promise<void>;
  /** How a component that stands in `netns` reaches the API, as the user it is given. */
  connectionFrom(netns: string, user: 'kubelet' | 'kube-proxy' | 'flannel'): ApiConnectionOptions;
}

/** Makes the API, lets `listener` be served, and writes the kubeconfig. */
export async function openApi(
  context: DaemonContext,
  listener: Server,
  { identity, store }: LabState,
  kubelets: KubeletConnector,
): Promise<OpenApi> {
  const { plan, directory, kernel } = context;
  const { apiAddress, certificates, tokens, serviceAccountKey } = identity;
  const { ca, cert, key } = certificates;
  const serviceCIDRs = [...plan.serviceSubnets, ...plan.additionalServiceCIDRs];
  const core = createApiCore({ serviceCIDRs, certificateAuthority: ca, serviceAccountKey }, store);
  const server = createApiServer({
    core,
    kubelets,
    dial: (address) => kernel.sockets.connect(controlPlane(plan).netns, address),
    tokens: grantsOf(identity),
    tls: { key, cert },
    kubernetesVersion: KUBERNETES_VERSION,
    logger: componentLogger('kube-apiserver'),
  });
  server.attach(listener);
  const config = kubeconfigText({
    name: plan.name,
    server: `https://${hostPort(apiAddress.host, apiAddress.port)}`,
    certificateAuthority: ca,
    token: tokens.admin,
  });
  writeFileSync(directory.kubeconfig, config, { mode: 0o600 });
  const { ip } = controlPlane(plan);
  return {
    transport: new InProcessTransport(core),
    serveNodes: () => serveOnControlPlane(context, server),
    connectionFrom: (netns, user) => ({
      server: `https://${hostPort(ip, API_PORT)}`,
      ca,
      token: tokens[user],
      userAgent: user,
      deadlineMs: plan.kernel === 'uml' ? GUEST_DEADLINE_MS : NODE_DEADLINE_MS,
      connect: (host, port) => kernel.sockets.connect(netns, { host, port }),
    }),
  };
}

/** Lets the API answer on the control-plane node, whose address must stand. */
async function serveOnControlPlane({ plan, kernel }: DaemonContext, server: ApiServer): Promise<void> {
  const listener = createServer();
  const { netns, ips } = controlPlane(plan);
  await kernel.sockets.listen(netns, listener, { host: wildcardFor(ips), port: API_PORT });
  server.attach(listener);
}
