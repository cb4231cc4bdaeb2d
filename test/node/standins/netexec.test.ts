import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { startNetexec } from '../../../src/node/standins/agnhost/netexec.ts';
import type { StandIn, StandInContext } from '../../../src/node/standins/stand-in.ts';

const started: StandIn[] = [];
afterEach(async () => {
  for (const standIn of started.splice(0)) await standIn.close(0);
});

/** A netexec on this machine's loopback; gives its port and its log. */
async function netexec(): Promise<{ port: number; log: string[] }> {
  let server: Server = createServer();
  const log: string[] = [];
  const context = {
    sockets: {
      listen: async (_netns: string, opened: Server) => {
        server = opened;
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
      },
    },
    pod: { name: 'web', node: 'node-1', hostname: 'web-0', ips: ['10.244.1.2'] },
    log: (line: string) => void log.push(line),
  } as unknown as StandInContext;
  started.push(await startNetexec(context, ['--http-port=80', '--udp-port=-1']));
  return { port: (server.address() as AddressInfo).port, log };
}

/** The body of the answer to a request line as it is given. */
async function ask(port: number, target: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(`GET ${target} HTTP/1.1\r\nhost: web\r\nconnection: close\r\n\r\n`);
  const answer = await text(socket);
  return answer.slice(answer.indexOf('\r\n\r\n') + 4);
}

describe('netexec', () => {
  it('answers the paths of agnhost', async () => {
    const { port, log } = await netexec();
    expect(await ask(port, '/hostname')).toContain('web-0');
    expect(await ask(port, '/echo?msg=a%20b&code=201')).toContain('a b');
    expect(log).toEqual([
      expect.stringMatching(/^GET \/hostname from 127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^GET \/echo\?msg=a%20b&code=201 from /),
    ]);
  });

  it.each(['//', '///x?y', '/%', '/echo?msg=%', 'http://[/', '*'])('answers %s, which is no URL', async (target) => {
    const { port } = await netexec();
    expect(await ask(port, target)).not.toBe('');
    expect(await ask(port, '/hostname')).toContain('web-0');
  });
});
