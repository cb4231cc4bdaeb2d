import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DaemonClient } from '../../src/lab/daemon-client.ts';
import { LabError } from '../../src/lab/lab-error.ts';

let directory: string;
let server: Server | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'podwire-client-'));
});

afterEach(() => {
  server?.close();
  server = undefined;
  rmSync(directory, { recursive: true, force: true });
});

/** A daemon that does this with each request; gives what a client of it is told. */
async function toldBy(answer: (socket: Socket) => void): Promise<LabError> {
  const path = join(directory, 'daemon.sock');
  server = createServer((socket) => socket.once('data', () => answer(socket)));
  await new Promise<void>((resolve) => server!.listen(path, resolve));
  const error: unknown = await new DaemonClient('demo', path).snapshot().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(LabError);
  return error as LabError;
}

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';
const REMEDY = 'run `podwire up --name demo`, which takes over what it left, or remove that: podwire down --name demo';

it.each<[string, (socket: Socket) => void]>([
  ['before it says anything', (socket) => socket.destroy()],
  ['in the midst of the head', (socket) => socket.end('HTTP/1.1 200')],
  ['in the midst of a body of known length', (socket) => socket.end(`${HEAD}Content-Length: 100\r\n\r\n{"nodes":`)],
  ['in the midst of a chunk', (socket) => socket.end(`${HEAD}Transfer-Encoding: chunked\r\n\r\nff\r\n{"nodes":`)],
  ['in a body that ends with the connection', (socket) => socket.end(`${HEAD}Connection: close\r\n\r\n{"nodes":`)],
])('a daemon that dies %s is said to have died, with what to do', async (_when, answer) => {
  const { message, why, remedy } = await toldBy(answer);
  expect(message).toBe('the daemon of the lab "demo" broke off in the middle of its answer');
  expect(why).toMatch(/^it has died meanwhile \(.+\); what was asked of it may be done, or half done$/);
  expect(remedy).toBe(REMEDY);
});

it('a daemon that is not there does not answer', async () => {
  await expect(new DaemonClient('demo', join(directory, 'none')).snapshot()).rejects.toMatchObject({
    message: 'the daemon of the lab "demo" does not answer',
    why: 'it has died, or is only just starting',
    remedy: REMEDY,
  });
});

it('what the daemon refuses is told in its words', async () => {
  const body = JSON.stringify({ what: 'no such node', why: 'none is called x', remedy: 'see podwire status' });
  const error = await toldBy((socket) =>
    socket.end(`HTTP/1.1 400 Bad Request\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
  );
  expect([error.message, error.why, error.remedy]).toEqual(['no such node', 'none is called x', 'see podwire status']);
});
