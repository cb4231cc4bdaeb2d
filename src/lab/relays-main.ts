/**
 * The relay process: carries the traffic of kube-proxies in mode userspace. The daemon speaks to it over a Unix socket,
 * which outlives the daemon.
 */
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { streamChannel } from '../client/message-channel.ts';
import { namespaceSockets } from '../kernel/namespace-sockets.ts';
import { runRelayProcess } from '../proxy/userspace/relay-process.ts';
import { listenPrivately } from './private-socket.ts';
import { stateDirectory } from './state-directory.ts';

const name = process.argv[2] ?? '';
const directory = stateDirectory(name);
process.title = `podwire relays ${name}`;
const relays = runRelayProcess(namespaceSockets);
const server = createServer((socket) => relays.serve(streamChannel(socket)));
// One that was killed has left its socket behind.
rmSync(directory.relaysSocket, { force: true });
await listenPrivately(server, directory.relaysSocket);
process.stdout.write('listening\n');
