import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { addressOf, LOOPBACK, listenForApi } from '../../src/lab/launch-daemon.ts';

const opened: Server[] = [];
afterEach(() => {
  for (const server of opened.splice(0)) server.close();
});

/** A port of the loopback that a program has. */
async function takenPort(): Promise<{ port: number; holder: Server }> {
  const holder = createServer();
  opened.push(holder);
  holder.listen(0, LOOPBACK);
  await once(holder, 'listening');
  return { port: addressOf(holder).port, holder };
}

async function listenedPort(...args: Parameters<typeof listenForApi>): Promise<number> {
  const listener = await listenForApi(...args);
  opened.push(listener);
  return addressOf(listener).port;
}

describe('the listener of the API', () => {
  it('has another port when its own is taken', async () => {
    const { port } = await takenPort();
    expect(await listenedPort(port)).not.toBe(port);
    expect(await listenedPort(port, LOOPBACK, 20)).not.toBe(port);
  });

  it('has its own again when that becomes free in time', async () => {
    const { port, holder } = await takenPort();
    const listening = listenedPort(port, LOOPBACK, 10_000);
    await new Promise((resolve) => setImmediate(resolve));
    holder.close();
    expect(await listening).toBe(port);
  });

  it('is refused at an address the machine has not', async () => {
    await expect(listenForApi(0, '192.0.2.1')).rejects.toMatchObject({
      message: 'the API cannot listen on 192.0.2.1',
      why: 'this machine has no such address',
    });
  });
});
