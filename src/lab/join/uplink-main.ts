/**
 * The uplink of a lab whose API server is elsewhere: the one process of it in the host's network namespace. Connections to its Unix
 * socket, which only the lab's user may open, become connections to that one server, and to nothing else. TLS is between
 * the lab's components and the server: no token is seen here. Arguments: socket, host, port.
 */
import { rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { listenPrivately } from '../private-socket.ts';
import { splice } from './splice.ts';

const [path = '', host = '', port = ''] = process.argv.slice(2);
process.title = `podwire uplink ${host}:${port}`;
const server = createServer((socket) => splice(socket, connect(Number(port), host)));
// An uplink that was killed has left its socket behind.
rmSync(path, { force: true });
await listenPrivately(server, path);
process.stdout.write('listening\n');
