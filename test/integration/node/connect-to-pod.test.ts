import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectToPod } from '../../../src/node/connect-to-pod.ts';
import { scratch } from '../scratch.ts';

const { kernel, create } = scratch();
const IP = '10.244.1.9';
const servers: Server[] = [];
let netns: string;

/** A server in the pod that greets with its address. */
async function greetAt(host: string, port: number): Promise<void> {
  const server = createServer((socket: Socket) => socket.end(host));
  servers.push(server);
  await kernel.sockets.listen(netns, server, { host, port });
}

async function greetingOf(port: number): Promise<string> {
  const socket = await connectToPod(kernel.sockets, { netns, ips: [IP] }, port);
  return Buffer.concat((await socket.toArray()) as Buffer[]).toString();
}

beforeAll(async () => {
  [netns] = (await create(['default.web'])) as [string];
  await kernel.run(netns, [
    { tool: 'command', argv: ['ip', 'link', 'add', 'eth0', 'type', 'bridge'] },
    { tool: 'command', argv: ['ip', 'addr', 'add', `${IP}/24`, 'dev', 'eth0'] },
    { tool: 'command', argv: ['ip', 'link', 'set', 'eth0', 'up'] },
  ]);
  await greetAt('127.0.0.1', 8080);
  await greetAt(IP, 8081);
});
afterAll(() => {
  for (const server of servers) server.close();
});

it("reaches the pod's loopback, and a program that listens on its address alone", async () => {
  expect(await greetingOf(8080)).toBe('127.0.0.1');
  expect(await greetingOf(8081)).toBe(IP);
});

it('says where it tried', async () => {
  await expect(greetingOf(8082)).rejects.toThrow(
    `failed to connect to localhost:8082 inside namespace "${netns}": ` +
      'dial tcp 127.0.0.1:8082: connect: connection refused, dial tcp 10.244.1.9:8082: connect: connection refused',
  );
});
