import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExecResult, LabHandle } from '../../src/lab/lab-handle.ts';
import { type HttpRequest, type HttpResponse, sendRequests } from '../../src/scenario/steps/http-requests.ts';

/** Runs the command on this machine: what is tested is what curl makes of it. */
const here = {
  exec: (_: string, [file, ...args]: readonly [string, ...string[]], { stdin = '' } = {}): Promise<ExecResult> =>
    new Promise((resolve) => {
      const child = execFile(file, args, (error, stdout, stderr) =>
        resolve({ exitCode: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
      );
      child.stdin?.end(stdin);
    }),
} as unknown as LabHandle;

let server: Server;
let origin = '';
let connections = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url === '/slow') return;
      response.writeHead(request.url === '/gone' ? 410 : 200, { 'X-Pod': `pod-${connections % 2}` });
      response.end(`${request.method} ${request.headers['x-question'] ?? ''} ${Buffer.concat(chunks)}`);
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function send(request: Partial<HttpRequest> & { url: string }): Promise<HttpResponse[]> {
  return sendRequests(here, 'client', { count: 1, withinMs: 2_000, ...request });
}

describe('sendRequests', () => {
  it('sends each request over a connection of its own', async () => {
    connections = 0;
    const responses = await send({ url: `${origin}/`, count: 5 });
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(connections).toBe(5);
    expect(new Set(responses.map(({ headers }) => headers['x-pod']))).toEqual(new Set(['pod-0', 'pod-1']));
  });

  it('sends method, headers and body as they are', async () => {
    const headers = { 'X-Question': 'is "it" so? \\ yes' };
    const [response] = await send({ url: `${origin}/`, method: 'PUT', headers, body: 'a "b"\nc' });
    expect(response?.body).toBe('PUT is "it" so? \\ yes a "b"\nc');
  });

  it('tells an answer that is an error from no answer', async () => {
    expect(await send({ url: `${origin}/gone` })).toMatchObject([{ outcome: 'answered', status: 410 }]);
    expect(await send({ url: 'http://127.0.0.1:1/' })).toMatchObject([
      { outcome: 'refused', status: 0, problem: 'Connection refused' },
    ]);
    expect(await send({ url: `${origin}/slow`, withinMs: 200 })).toMatchObject([{ outcome: 'timeout' }]);
  });
});
