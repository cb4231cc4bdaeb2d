/** An API server on a store file, as a process that a test can kill: `node store-server.ts FILE`. Prints its port when it serves. */
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { createApiServer } from '../../../src/api/api-server.ts';
import { createApiCore } from '../../../src/api/create-api-core.ts';
import { StoreFile } from '../../../src/api/store/store-file.ts';
import { NO_KUBELETS } from '../../api/http/fixture.ts';

const path = process.argv[2]!;
const isNew = !existsSync(path);
const file = isNew ? StoreFile.create(path) : StoreFile.open(path);
const core = createApiCore(
  { serviceCIDRs: ['10.96.0.0/12'], certificateAuthority: 'PEM' },
  { writeAhead: file.keep, ...(isNew ? {} : { restored: file.restore() }) },
);
const server = createApiServer({
  core,
  kubelets: NO_KUBELETS,
  tokens: [{ token: 'token', user: { username: 'admin', groups: ['system:masters'] } }],
  kubernetesVersion: 'v1.36.0',
});
const listener = createServer();
server.attach(listener);
listener.listen(0, '127.0.0.1', () => process.stdout.write(`${(listener.address() as AddressInfo).port}\n`));
