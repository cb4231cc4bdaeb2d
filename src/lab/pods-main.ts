/**
 * The pods process: serves the stand-ins of all pods and the cluster DNS, each socket in its pod's namespace. The daemon
 * speaks to it over a Unix socket, which outlives the daemon.
 */
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { streamChannel } from '../client/message-channel.ts';
import { namespaceSockets } from '../kernel/namespace-sockets.ts';
import { runPodsProcess } from '../node/standins/pods-process.ts';
import { startDnsStandIn } from './dns-stand-in.ts';
import { GATEWAY_RESOLVER, startGatewayResolver } from './gateway-resolver.ts';
import { listenPrivately } from './private-socket.ts';
import { stateDirectory } from './state-directory.ts';

const name = process.argv[2] ?? '';
const directory = stateDirectory(name);
process.title = `podwire pods ${name}`;
const pods = runPodsProcess({
  kernelSockets: namespaceSockets,
  extraStandIns: { coredns: startDnsStandIn, [GATEWAY_RESOLVER]: startGatewayResolver },
});
const server = createServer((socket) => pods.serve(streamChannel(socket)));
// One that was killed has left its socket behind.
rmSync(directory.podsSocket, { force: true });
await listenPrivately(server, directory.podsSocket);
process.stdout.write('listening\n');
