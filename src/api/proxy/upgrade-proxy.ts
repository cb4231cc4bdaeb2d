/** `proxy` for a request to upgrade its connection: once the program agrees, bytes pass through both ways. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ObjectRequest } from '../http/resource-request.ts';
import { responseHeaders } from './proxy-headers.ts';
import { beginRequest, type ProxyRequest, proxyRequest, unreachable } from './proxy-request.ts';

/** Returns when the program has answered. Throws before that only. */
export async function upgradeProxy(request: ObjectRequest, socket: Duplex, head: Buffer): Promise<void> {
  const proxy = proxyRequest(request);
  const { upgrade = '' } = request.exchange.request.headers;
  const outgoing = beginRequest(request, proxy, ['Connection', 'Upgrade', 'Upgrade', upgrade]);
  socket.on('close', () => outgoing.destroy());
  await new Promise<void>((resolve, reject) => {
    outgoing.on('error', (error) => reject(unreachable(error, proxy.location)));
    outgoing.on('upgrade', (answer, connection, first) => {
      const agreed = ['Connection', 'Upgrade', 'Upgrade', answer.headers.upgrade ?? upgrade];
      writeHead(socket, answer, proxy, agreed);
      if (first.length > 0) socket.write(first);
      if (head.length > 0) connection.write(head);
      void passThrough(socket, connection);
      resolve();
    });
    outgoing.on('response', (answer) => {
      // It does not agree: its answer is the client's, and ends with the connection.
      writeHead(socket, answer, proxy, ['Connection', 'close']);
      void pipeline(answer, socket).catch(() => socket.destroy());
      resolve();
    });
    outgoing.end();
  });
}

/** The lines were cut at their ends when they were read, so none can hold another. */
function writeHead(socket: Duplex, answer: IncomingMessage, { prefix, hosts }: ProxyRequest, more: string[]): void {
  const headers = [...responseHeaders(answer, prefix, hosts), ...more];
  const lines = headers.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${headers[index + 1]}`] : []));
  const status = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`;
  socket.write(Buffer.from([status, ...lines, '\r\n'].join('\r\n'), 'latin1'));
}

async function passThrough(client: Duplex, program: Duplex): Promise<void> {
  for (const side of [client, program]) side.on('error', () => undefined);
  await Promise.allSettled([pipeline(client, program), pipeline(program, client)]);
}
