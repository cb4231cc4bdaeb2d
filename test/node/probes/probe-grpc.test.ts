import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { NamespaceSockets } from '../../../src/kernel/kernel.ts';
import { probeGrpc } from '../../../src/node/probes/probe-grpc.ts';

const sockets = {
  connect: (_netns: string, { port }: { port: number }) => connect(port, '127.0.0.1'),
} as unknown as NamespaceSockets;
const target = { sockets, netns: 'node', podIp: '10.244.1.2' };
const servers: Http2Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that answers a check with these bytes and this status; gives its port and what it was sent. */
async function health(answer: (stream: ServerHttp2Stream, asked: Buffer) => void): Promise<number> {
  const server = createServer();
  servers.push(server);
  server.on('stream', (stream, headers) => {
    expect(headers[':path']).toBe('/grpc.health.v1.Health/Check');
    stream.once('data', (asked: Buffer) => answer(stream, asked));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function reply(stream: ServerHttp2Stream, message: readonly number[], status = '0', said = ''): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status, 'grpc-message': said }));
  stream.end(Buffer.from([0, 0, 0, 0, message.length, ...message]));
}

describe('a gRPC probe', () => {
  it.each<[string, number[], string | undefined]>([
    ['passes when it serves', [8, 1], undefined],
    ['fails when it does not', [8, 2], 'service unhealthy (responded with "NOT_SERVING")'],
    ['fails when nothing is said', [], 'service unhealthy (responded with "UNKNOWN")'],
  ])('%s', async (_title, message, expected) => {
    const port = await health((stream) => reply(stream, message));
    expect(await probeGrpc(target, port, '', 2_000)).toBe(expected);
  });

  it('asks for the service by its name', async () => {
    let asked: Buffer | undefined;
    const port = await health((stream, bytes) => {
      asked = bytes;
      reply(stream, [8, 1]);
    });
    expect(await probeGrpc(target, port, 'shop', 2_000)).toBeUndefined();
    expect(asked).toEqual(Buffer.from([0, 0, 0, 0, 6, 0x0a, 4, ...Buffer.from('shop')]));
  });

  it('shows words that are no percent-encoding as they are', async () => {
    const port = await health((stream) => reply(stream, [], '14', 'at 99 % load'));
    expect(await probeGrpc(target, port, '', 2_000)).toBe('error: health rpc probe failed: at 99 % load');
  });

  it('says when nobody answers for it', async () => {
    const port = await health((stream) => reply(stream, [], '12', 'unknown service grpc.health.v1.Health'));
    expect(await probeGrpc(target, port, '', 2_000)).toBe(
      'error: this server does not implement the grpc health protocol (grpc.health.v1.Health): unknown service grpc.health.v1.Health',
    );
    const silent = await health(() => undefined);
    expect(await probeGrpc(target, silent, '', 100)).toMatch(/^timeout: health rpc did not complete within 0.1s/);
    expect(await probeGrpc(target, 1, '', 2_000)).toMatch(/failed to connect service "10.244.1.2:1": .*ECONNREFUSED/);
  });
});
