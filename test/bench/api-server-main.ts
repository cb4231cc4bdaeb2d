/** An API server as the daemon has it (store on file, TLS), alone in a process that `api-server.ts` starts: FILE of its store. */
import { type AddressInfo, createServer } from 'node:net';
import { createApiServer } from '../../src/api/api-server.ts';
import { createApiCore } from '../../src/api/create-api-core.ts';
import { InProcessTransport } from '../../src/api/in-process-transport.ts';
import { StoreFile } from '../../src/api/store/store-file.ts';
import { createServingCertificate } from '../../src/api/tls/certificates.ts';
import { NAMESPACES } from '../../src/objects/resource.ts';
import { NO_KUBELETS } from '../api/http/fixture.ts';
import { NAMESPACE, type ServingMessage, TOKEN } from './api-server.ts';

const { ca, cert, key } = createServingCertificate([]);
const core = createApiCore(
  { serviceCIDRs: ['10.96.0.0/12'], certificateAuthority: ca },
  { writeAhead: StoreFile.create(process.argv[2]!).keep },
);
await new InProcessTransport(core).create(NAMESPACES, { metadata: { name: NAMESPACE } });
const server = createApiServer({
  ...{ core, kubelets: NO_KUBELETS, tls: { cert, key }, kubernetesVersion: 'v1.36.0' },
  tokens: [{ token: TOKEN, user: { username: 'admin', groups: ['system:masters'] } }],
});
const listener = createServer();
server.attach(listener);
listener.listen(0, '127.0.0.1', () => {
  const message: ServingMessage = { port: (listener.address() as AddressInfo).port, ca };
  process.send!(message);
});
process.once('disconnect', () => process.exit());
