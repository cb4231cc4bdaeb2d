/**
 * The other side of a measured connection, in a process of its own (peers.ts): `greet IP PORT` answers each connection with
 * one byte, `relay` carries connections for kube-proxy in mode userspace. Ends with the process that has started it.
 */
import { createServer } from 'node:net';
import type { MessageChannel } from '../../src/client/message-channel.ts';
import { namespaceSockets } from '../../src/kernel/namespace-sockets.ts';
import { runRelayProcess } from '../../src/proxy/userspace/relay-process.ts';

const [role, host, port] = process.argv.slice(2);
if (role === 'greet') {
  const server = createServer((socket) => {
    // The client resets the connection once it has read.
    socket.on('error', () => undefined);
    socket.end('.');
  });
  server.listen({ host, port: Number(port), backlog: 1024 }, () => process.stdout.write('listening\n'));
  process.stdin.on('close', () => process.exit()).resume();
} else {
  const channel: MessageChannel = {
    send: (message) => void process.send!(message as object),
    onMessage: (handler) => void process.on('message', handler),
    onClose: (handler) => void process.once('disconnect', handler),
    close: () => process.disconnect(),
  };
  channel.onClose(() => process.exit());
  runRelayProcess(namespaceSockets, 0).serve(channel);
}
