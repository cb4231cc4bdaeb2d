/**
 * An API server that stands alone, as kube-apiserver does, in a process of its own: `node lone-api-server.ts KUBECONFIG`. Serves TLS on a
 * loopback port, writes the kubeconfig, prints a line. It publishes itself at an address nobody here has (192.0.2.7:6443).
 */
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { createApiServer } from '../../../src/api/api-server.ts';
import { createSigningKey } from '../../../src/api/auth/service-account-tokens.ts';
import { createApiCore } from '../../../src/api/create-api-core.ts';
import { InProcessTransport } from '../../../src/api/in-process-transport.ts';
import { createServingCertificate } from '../../../src/api/tls/certificates.ts';
import { kubeconfigText } from '../../../src/api/tls/kubeconfig.ts';
import { kubernetesService } from '../../../src/controllers/kubernetes-service.ts';
import { ENDPOINT_SLICES, ENDPOINTS, NAMESPACES, SERVICES } from '../../../src/objects/resource.ts';
import { NO_KUBELETS } from '../../api/http/fixture.ts';

const { ca, cert, key } = createServingCertificate(['10.96.0.1']);
const serviceAccountKey = createSigningKey();
const core = createApiCore({ serviceCIDRs: ['10.96.0.0/12'], certificateAuthority: ca, serviceAccountKey });
const transport = new InProcessTransport(core);
await transport.create(NAMESPACES, { metadata: { name: 'default' } });
const own = kubernetesService({ clusterIP: '10.96.0.1', addresses: ['192.0.2.7'], port: 6443 });
await transport.create(SERVICES, own.service);
await transport.create(ENDPOINT_SLICES, own.slice);
await transport.create(ENDPOINTS, own.endpoints);
const server = createApiServer({
  core,
  kubelets: NO_KUBELETS,
  tokens: [{ token: 'a-token', user: { username: 'kubernetes-admin', groups: ['system:masters'] } }],
  tls: { key, cert },
  kubernetesVersion: 'v1.36.0',
});
const listener = createServer();
server.attach(listener);
listener.listen(0, '127.0.0.1', () => {
  const { port } = listener.address() as AddressInfo;
  const fields = { name: 'lone', server: `https://127.0.0.1:${port}`, certificateAuthority: ca, token: 'a-token' };
  writeFileSync(process.argv[2]!, kubeconfigText(fields), { mode: 0o600 });
  process.stdout.write('serving\n');
});
