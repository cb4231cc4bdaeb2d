/**
 * Stage: the API server. It listens where the launcher put the listener (the host's loopback) and on the control-plane
 * node; whatever stands on a node reaches it by a connection that starts in that node's namespace.
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { type ApiServer, createApiServer } from '../../api/api-server.ts';
import type { TokenGrant, User } from '../../api/auth/tokens.ts';
import { createApiCore } from '../../api/create-api-core.ts';
import { InProcessTransport } from '../../api/in-process-transport.ts';
import type { KubeletConnector } from '../../api/kubelet-connector.ts';
import { createServingCertificate } from '../../api/tls/certificates.ts';
import { kubeconfigText } from '../../api/tls/kubeconfig.ts';
import type { ApiConnectionOptions } from '../../client/api-connection.ts';
import type { Transport } from '../../objects/transport.ts';
import { API_PORT, controlPlane } from '../cluster-objects.ts';
import type { StartMessage } from '../daemon-protocol.ts';
import type { DnsAccess } from '../dns-stand-in.ts';
import type { LabPlan } from '../plan-lab.ts';
import type { DaemonContext } from './daemon-context.ts';
import { componentLogger } from './logger.ts';
import { KUBERNETES_VERSION } from './observe-lab.ts';

export interface OpenApi {
  readonly server: ApiServer;
  /** For what stands in the control plane's own process. */
  readonly transport: Transport;
  /** How a component that stands in `netns` reaches the API, as the user it is given. */
  connectionFrom(netns: string, user: 'kubelet' | 'kube-proxy' | 'flannel'): ApiConnectionOptions;
}

/** Makes the API, lets `listener` be served, and writes the kubeconfig. */
export async function openApi(
  { plan, directory, kernel }: DaemonContext,
  listener: Server,
  apiAddress: StartMessage['apiAddress'],
  kubelets: KubeletConnector,
): Promise<OpenApi> {
  const { ca, cert, key } = createServingCertificate(namesOf(plan));
  const core = createApiCore({
    serviceCIDRs: [plan.serviceSubnet, ...plan.additionalServiceCIDRs],
    certificateAuthority: ca,
  });
  const admin = grant('kubernetes-admin', 'system:masters');
  const grants = {
    kubelet: grant('system:node', 'system:nodes'),
    'kube-proxy': grant('system:kube-proxy'),
    flannel: grant('system:serviceaccount:kube-flannel:flannel', 'system:serviceaccounts'),
  };
  const dns = grant('system:serviceaccount:kube-system:coredns', 'system:serviceaccounts');
  const server = createApiServer({
    core,
    kubelets,
    tokens: [admin, dns, ...Object.values(grants)],
    tls: { key, cert },
    kubernetesVersion: KUBERNETES_VERSION,
    logger: componentLogger('kube-apiserver'),
  });
  server.attach(listener);
  const config = kubeconfigText({
    name: plan.name,
    server: `https://${apiAddress.host}:${apiAddress.port}`,
    certificateAuthority: ca,
    token: admin.token,
  });
  writeFileSync(directory.kubeconfig, config, { mode: 0o600 });
  const dnsAccess: DnsAccess = {
    server: `https://${plan.apiServiceIp}:443`,
    ca,
    token: dns.token,
    clusterDomain: plan.dnsDomain,
  };
  writeFileSync(directory.dnsAccess, JSON.stringify(dnsAccess), { mode: 0o600 });
  const { ip } = controlPlane(plan);
  return {
    server,
    transport: new InProcessTransport(core),
    connectionFrom: (netns, user) => ({
      server: `https://${ip}:${API_PORT}`,
      ca,
      token: grants[user].token,
      userAgent: user,
      connect: (host, port) => kernel.sockets.connect(netns, { host, port }),
    }),
  };
}

/** Lets the API answer on the control-plane node, whose address must stand. */
export async function serveApiOnControlPlane({ plan, kernel }: DaemonContext, server: ApiServer): Promise<void> {
  const listener = createServer();
  await kernel.sockets.listen(controlPlane(plan).netns, listener, { host: '0.0.0.0', port: API_PORT });
  server.attach(listener);
}

function grant(username: string, ...groups: string[]): TokenGrant {
  const user: User = { username, groups };
  return { token: randomBytes(32).toString('base64url'), user };
}

/** What the API is called by its clients, besides what every API server is called. */
function namesOf(plan: LabPlan): string[] {
  const { name, ip } = controlPlane(plan);
  return [name, ip, plan.apiServiceIp, `kubernetes.default.svc.${plan.dnsDomain}`];
}
