/**
 * The other side of a measured connection, in a process of its own (peers.ts): `greet IP PORT` answers each connection with
 * one byte, `pour IP PORT BYTES` with so many, `relay` carries connections for kube-proxy in mode userspace. Ends with the
 * process that has started it.
 */
import { createServer, type Socket } from 'node:net';
import type { MessageChannel } from '../../src/client/message-channel.ts';
import { namespaceSockets } from '../../src/kernel/namespace-sockets.ts';
import { runRelayProcess } from '../../src/proxy/userspace/relay-process.ts';

const CHUNK = Buffer.alloc(1 << 18);

const [role, host, port, bytes] = process.argv.slice(2);
if (role === 'relay') relay();
else {
  const server = createServer((socket) => {
    // The client resets the connection once it has read.
    socket.on('error', () => undefined);
    if (role === 'greet') socket.end('.');
    else pour(socket, Number(bytes));
  });
  server.listen({ host, port: Number(port), backlog: 1024 }, () => process.stdout.write('listening\n'));
  process.stdin.on('close', () => process.exit()).resume();
}

/** Writes as fast as the connection takes it. */
function pour(socket: Socket, total: number): void {
  let left = total;
  const more = () => {
    while (left > 0) {
      const chunk = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
      left -= chunk.length;
      if (!socket.write(chunk)) return;
    }
    socket.end();
  };
  socket.on('drain', more);
  more();
}

function relay(): void {
  const channel: MessageChannel = {
    send: (message) => void process.send!(message as object),
    onMessage: (handler) => void process.on('message', handler),
    onClose: (handler) => void process.once('disconnect', handler),
    close: () => process.disconnect(),
  };
  channel.onClose(() => process.exit());
  runRelayProcess(namespaceSockets, 0).serve(channel);
}
