import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scratch } from '../scratch.ts';

const { kernel, create } = scratch();
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

/** A server that says its name and who called. */
function named(name: string): Server {
  const server = createServer((socket: Socket) => socket.end(`${name} ${socket.remoteAddress}`));
  servers.push(server);
  return server;
}

describe.each([
  { family: 4, a: '10.9.0.1', b: '10.9.0.2', any: '0.0.0.0', prefix: 24, loopback: '127.0.0.1', mapped: '' },
  { family: 6, a: 'fd09::1', b: 'fd09::2', any: '::', prefix: 64, loopback: '::1', mapped: '' },
])('sockets in two namespaces from one process, IPv$family', ({ family, a, b, any, prefix, loopback }) => {
  let left: string;
  let right: string;

  beforeAll(async () => {
    [left, right] = (await create([`v${family}-left`, `v${family}-right`], { ipv6: true })) as [string, string];
    await kernel.run(left, [
      {
        tool: 'ip',
        ops: [
          { op: 'link-add', name: 'eth0', up: true, link: { kind: 'veth', peer: { name: 'eth0', netns: right } } },
          { op: 'address-add', cidr: `${a}/${prefix}`, device: 'eth0', noDad: family === 6 },
        ],
      },
    ]);
    await kernel.run(right, [
      {
        tool: 'ip',
        ops: [
          { op: 'address-add', cidr: `${b}/${prefix}`, device: 'eth0', noDad: family === 6 },
          { op: 'link-set', name: 'eth0', up: true },
        ],
      },
    ]);
  });

  it('TCP: the same port in both; each answers in its own', async () => {
    await kernel.sockets.listen(left, named('left'), { host: any, port: 8080 });
    await kernel.sockets.listen(right, named('right'), { host: any, port: 8080 });
    const ask = (netns: string, host: string) => text(kernel.sockets.connect(netns, { host, port: 8080 }));
    expect(await ask(left, b)).toMatch(new RegExp(`^right (::ffff:)?${a}$`));
    expect(await ask(right, a)).toMatch(new RegExp(`^left (::ffff:)?${b}$`));
    expect(await ask(left, loopback)).toContain('left');
    expect(await ask(right, loopback)).toContain('right');
  });

  it('TCP: a taken port and a refused connection are reported as Node reports them', async () => {
    await kernel.sockets.listen(left, named('first'), { host: any, port: 8081 });
    await expect(kernel.sockets.listen(left, named('second'), { host: any, port: 8081 })).rejects.toMatchObject({
      code: 'EADDRINUSE',
      syscall: 'bind',
      port: 8081,
    });
    await expect(kernel.sockets.listen(left, named('foreign'), { host: b, port: 8081 })).rejects.toMatchObject({
      code: 'EADDRNOTAVAIL',
    });
    const [error] = await once(kernel.sockets.connect(left, { host: b, port: 9 }), 'error').catch((reason) => [reason]);
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('UDP: there and back', async () => {
    const server = await kernel.sockets.bindUdp(right, { host: any, port: 5353 });
    const client = await kernel.sockets.bindUdp(left, { host: any, port: 0 });
    server.on('message', (message, from) => server.send(`${message} from ${from.address}`, from.port, from.address));
    const answer = once(client, 'message');
    client.send('hello', 5353, b);
    expect(String((await answer)[0])).toBe(`hello from ${a}`);
    client.close();
    server.close();
  });
});

it('refuses host names, which would be resolved elsewhere, and missing namespaces', async () => {
  await expect(kernel.sockets.listen('', named('x'), { host: 'localhost', port: 0 })).rejects.toThrow(
    'needs an IP address, not "localhost"',
  );
  await expect(kernel.sockets.bindUdp('no-such-namespace', { host: '0.0.0.0', port: 0 })).rejects.toThrow(
    'no network namespace of that name',
  );
  const [error] = await once(kernel.sockets.connect('no-such-namespace', { host: '10.0.0.1', port: 1 }), 'error').catch(
    (reason) => [reason],
  );
  expect(String(error)).toContain('no network namespace of that name');
});
