import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { Address } from '../../../src/api/dial.ts';
import { ENDPOINTS, NODES, PODS, SERVICES } from '../../../src/objects/resource.ts';
import type { Endpoints, Node, Pod, Service } from '../../../src/objects/wire.ts';
import { testCertificate } from '../../support/test-certificate.ts';
import { startTestServer, type TestServer, TOKEN } from '../http/fixture.ts';

/** Ports of the cluster, and what listens there. */
const programs = new Map<number, Server>();
const dialled: Address[] = [];
const seen: { method: string; url: string; headers: IncomingHttpHeaders; body: string }[] = [];
let server: TestServer;

const PAGE = '<a href="/x">é</a><img src="y">';

/** Answers by path. */
async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url = '', headers } = incoming;
  if (url === '/early') {
    response.writeHead(413).end('too large');
    return;
  }
  if (url === '/stream') {
    response.write('first ');
    // The rest when the client has said so, over the same connection's request body.
    await once(incoming, 'data');
    response.end('second');
    return;
  }
  if (url === '/broken') {
    response.writeHead(200, { 'Content-Length': 100 });
    response.write('half', () => response.destroy());
    return;
  }
  const encoding = /^\/page\/(.*)/.exec(url)?.[1];
  if (encoding !== undefined) {
    const page = encoding === 'gzip' ? gzipSync(PAGE) : Buffer.from(PAGE);
    const isPlain = encoding === 'plain';
    response.writeHead(200, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Length': page.length,
      ...(isPlain ? {} : { 'Content-Encoding': encoding }),
    });
    response.end(method === 'HEAD' ? undefined : page);
    return;
  }
  const body = Buffer.concat((await incoming.toArray()) as Buffer[]).toString();
  seen.push({ method, url, headers, body });
  const redirect = /^\/to\?(.*)/.exec(url)?.[1];
  if (redirect !== undefined) response.statusCode = 302;
  if (redirect !== undefined) response.setHeader('Location', redirect);
  response.setHeader('X-Program', 'yes');
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader('Connection', 'X-Hop, close');
  response.setHeader('X-Hop', 'gone');
  response.end(`${method} ${url}`);
}

async function listen(port: number, program: Server): Promise<void> {
  await new Promise<void>((resolve) => program.listen(0, '127.0.0.1', resolve));
  programs.set(port, program);
}

beforeAll(async () => {
  await listen(8080, createServer(answer));
  await listen(8443, createTlsServer(await testCertificate('web'), answer));
  const sockets = createServer((_incoming, response) => response.writeHead(426, { 'X-Why': 'no' }).end('not so'));
  const webSockets = new WebSocketServer({ noServer: true });
  sockets.on('upgrade', (incoming, socket, head) => {
    if (incoming.url === '/refused') {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
      return;
    }
    webSockets.handleUpgrade(incoming, socket, head, (connection) => {
      connection.send(`${incoming.url} ${incoming.headers.authorization}`);
      connection.on('message', (message, binary) => connection.send(message, { binary }));
    });
  });
  await listen(9000, sockets);
  server = await startTestServer({
    dial: (address) => {
      dialled.push(address);
      const port = (programs.get(address.port)?.address() as AddressInfo | undefined)?.port;
      return connect(port ?? 1, '127.0.0.1');
    },
  });
  await createObjects();
});
beforeEach(() => {
  dialled.length = 0;
  seen.length = 0;
});
afterAll(() => {
  server.close();
  for (const program of programs.values()) program.close();
});

async function createObjects(): Promise<void> {
  const { transport } = server;
  for (const [name, podIP] of [
    ['web', '10.244.1.5'],
    ['evil', '127.0.0.1'],
    ['none', undefined],
  ] as const) {
    const ports = [{ containerPort: 8080 }];
    await transport.create(PODS, {
      metadata: { namespace: 'default', name },
      spec: { containers: [{ name: 'main', image: 'nginx', ports }] },
    } as Pod);
    if (podIP === undefined) continue;
    const status = { podIP, podIPs: [{ ip: podIP }] };
    await transport.patch(PODS, { namespace: 'default', name }, 'merge', { status }, { subresource: 'status' });
  }
  await transport.create(SERVICES, {
    metadata: { namespace: 'default', name: 'web' },
    spec: {
      selector: { app: 'web' },
      ports: [
        { name: 'http', port: 80, targetPort: 8080 },
        { name: 'tls', port: 443 },
      ],
    },
  } as Service);
  const targetRef = { kind: 'Pod', namespace: 'default', name: 'web' };
  await transport.create(ENDPOINTS, {
    metadata: { namespace: 'default', name: 'web' },
    subsets: [
      {
        // The second is no pod's, the third names a pod that has another address.
        addresses: [{ ip: '10.244.1.5', targetRef }, { ip: '10.244.9.9' }, { ip: '10.244.1.6', targetRef }],
        ports: [{ name: 'http', port: 8080 }],
      },
    ],
  } as Endpoints);
  await transport.create(NODES, { metadata: { name: 'node-1' } } as Node);
  const status = { addresses: [{ type: 'InternalIP', address: '192.168.1.11' }] };
  await transport.patch(NODES, { name: 'node-1' }, 'merge', { status }, { subresource: 'status' });
}

const pod = (rest: string, name = 'web') => `/api/v1/namespaces/default/pods/${name}/proxy${rest}`;
const service = (rest: string, name: string) => `/api/v1/namespaces/default/services/${name}/proxy${rest}`;

/** A request as it is written, without what a client library would add or mend. */
function raw(method: string, path: string, headers: Record<string, string> = {}) {
  return request({
    ...{ host: '127.0.0.1', port: server.port, method, path, agent: false },
    headers: { Authorization: `Bearer ${TOKEN}`, Host: 'localhost', ...headers },
  });
}

async function bodyOf(message: IncomingMessage): Promise<string> {
  return Buffer.concat((await message.toArray()) as Buffer[]).toString();
}

describe('proxy', () => {
  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'])(
    'passes %s, its path and query as they are',
    async (method) => {
      const outgoing = raw(method, pod('/a%2Fb/../c%20d/?x=1&y=%26'));
      outgoing.end();
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
      expect(response.statusCode).toBe(200);
      expect(await bodyOf(response)).toBe(method === 'HEAD' ? '' : `${method} /a%2Fb/../c%20d/?x=1&y=%26`);
      expect(dialled).toEqual([{ host: '10.244.1.5', port: 8080 }]);
    },
  );

  it("passes headers, but never the client's token nor those of one connection", async () => {
    const outgoing = raw('GET', pod('/x'), {
      Connection: 'close, X-Mine',
      'X-Mine': 'gone',
      'X-Other': 'stays',
      'X-Forwarded-Uri': '/forged',
      'X-Forwarded-For': '1.2.3.4',
    });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect(response.headers).toMatchObject({ 'x-program': 'yes' });
    expect(response.headers).not.toHaveProperty('x-hop');
    expect(response.headers).not.toHaveProperty('access-control-allow-origin');
    response.resume();
    const [{ headers }] = seen as [(typeof seen)[number]];
    expect(headers).toMatchObject({
      host: 'localhost',
      'x-other': 'stays',
      'x-forwarded-uri': pod('/x'),
      'x-forwarded-for': '1.2.3.4, 127.0.0.1',
    });
    expect(headers).not.toHaveProperty('authorization');
    expect(headers).not.toHaveProperty('x-mine');
  });

  it.each([
    ['of known length', { 'Content-Length': '4' }],
    ['in chunks', { 'Transfer-Encoding': 'chunked' }],
    ['whose length is hidden', { 'Content-Length': '4', Connection: 'Content-Length' }],
  ])('passes a body %s, with any method', async (_how, headers) => {
    for (const method of ['POST', 'DELETE', 'GET']) {
      const outgoing = raw(method, pod('/'), headers as Record<string, string>);
      outgoing.end('body');
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
      response.resume();
      await once(response, 'end');
    }
    expect(seen.map(({ method, body }) => [method, body])).toEqual([
      ['POST', 'body'],
      ['DELETE', 'body'],
      ['GET', 'body'],
    ]);
  });

  it('leads the links of a page back, compressed or not, and no others', async () => {
    const read = async (encoding: string, method = 'GET') => {
      const message = request({
        ...{ host: '127.0.0.1', port: server.port, method, path: pod(`/page/${encoding}`) },
        headers: { Authorization: `Bearer ${TOKEN}` },
      });
      message.end();
      const [response] = (await once(message, 'response')) as [IncomingMessage];
      return { headers: response.headers, body: Buffer.concat((await response.toArray()) as Buffer[]) };
    };
    const led = `<a href="${pod('/x')}">é</a><img src="y">`;
    const plain = await read('plain');
    expect(plain.body.toString()).toBe(led);
    expect(plain.headers['content-length']).toBeUndefined();
    expect(gunzipSync((await read('gzip')).body).toString()).toBe(led);
    expect((await read('br')).body.toString()).toBe(PAGE);
    expect((await read('plain', 'HEAD')).headers['content-length']).toBe(String(Buffer.byteLength(PAGE)));
  });

  it('streams both ways', async () => {
    const outgoing = raw('POST', pod('/stream'));
    outgoing.flushHeaders();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect(String((await once(response, 'data'))[0])).toBe('first ');
    outgoing.end('go on');
    expect(await bodyOf(response)).toBe('second');
  });

  it('gives an answer that comes before the whole request', async () => {
    const outgoing = raw('POST', pod('/early'), { 'Content-Length': '50000000' });
    outgoing.on('error', () => undefined);
    outgoing.write(Buffer.alloc(1_000_000));
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect([response.statusCode, await bodyOf(response)]).toEqual([413, 'too large']);
    outgoing.destroy();
  });

  it('cuts an answer that was cut', async () => {
    const outgoing = raw('GET', pod('/broken'));
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    await expect(bodyOf(response)).rejects.toThrow('aborted');
  });

  it.each([
    ['/there', pod('/there')],
    ['/there?a=b', pod('/there?a=b')],
    ['http://localhost/there', pod('/there')],
    ['http://10.244.1.5:8080/there', pod('/there')],
    ['http://10.244.1.5:8080', pod('/')],
    ['http://elsewhere/there', 'http://elsewhere/there'],
    ['//elsewhere/there', '//elsewhere/there'],
    ['there', 'there'],
    [pod('/there'), pod('/there')],
  ])('leads a redirection to %s to %s', async (location, through) => {
    const outgoing = raw('GET', pod(`/to?${location}`));
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect([response.statusCode, response.headers.location]).toEqual([302, through]);
    response.resume();
  });

  it('leads to the path with a slash', async () => {
    const outgoing = raw('GET', pod('?a=b'));
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect([response.statusCode, response.headers.location]).toEqual([301, pod('/?a=b')]);
    expect(dialled).toEqual([]);
    response.resume();
  });
});

describe('leads to', () => {
  it.each<[string, Address]>([
    [pod('/'), { host: '10.244.1.5', port: 8080 }],
    [pod('/', 'web:8443'), { host: '10.244.1.5', port: 8443 }],
    [service('/', 'web:http'), { host: '10.244.1.5', port: 8080 }],
    [service('/', 'web:80'), { host: '10.244.1.5', port: 8080 }],
    ['/api/v1/nodes/node-1/proxy/healthz', { host: '192.168.1.11', port: 10250 }],
    ['/api/v1/nodes/node-1:10256/proxy/healthz', { host: '192.168.1.11', port: 10256 }],
  ])('%s', async (path, address) => {
    // Often: of a Service's endpoints one is chosen at random.
    for (let count = 0; count < 10; count++) await server.call('GET', path);
    expect(new Set(dialled.map((found) => JSON.stringify(found)))).toEqual(new Set([JSON.stringify(address)]));
  });

  it('a program that speaks TLS, whoever signed its certificate', async () => {
    expect((await server.call('GET', pod('/x', 'https:web:8443'))).text).toBe('GET /x');
  });

  it.each([
    [pod('/', 'web:1'), 503, 'error trying to reach service: dial tcp 10.244.1.5:1: connect: connection refused'],
    [pod('/', 'web:65536'), 400, 'invalid port "65536"'],
    [pod('/', 'ftp:web:1'), 400, 'invalid pod request "ftp:web:1"'],
    [pod('/', 'nobody'), 404, 'pods "nobody" not found'],
    [pod('/', 'evil'), 400, 'address not allowed'],
    [pod('/', 'none'), 400, 'address not allowed'],
    [service('/', 'web'), 503, 'no endpoints available for service "web"'],
    [service('/', 'web:443'), 503, 'no endpoints available for service "web"'],
    [service('/', 'web:81'), 503, 'no service port 81 found for service "web"'],
    [service('/', 'nobody'), 404, 'services "nobody" not found'],
    ['/api/v1/nodes/nobody/proxy/', 404, 'nodes "nobody" not found'],
    ['/api/v1/namespaces/default/configmaps/x/proxy/', 404, 'the server could not find the requested resource'],
  ])('not %s', async (path, code, message) => {
    expect((await server.call('GET', path)).body).toMatchObject({ kind: 'Status', code, message });
  });

  it('nobody without a token', async () => {
    expect((await fetch(`http://127.0.0.1:${server.port}${pod('/')}`)).status).toBe(401);
    expect(dialled).toEqual([]);
  });
});

describe('proxy of an upgrade', () => {
  function open(path: string): WebSocket {
    return new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers: { Authorization: `Bearer ${TOKEN}` } });
  }

  async function refusal(path: string): Promise<[number, string, IncomingHttpHeaders]> {
    const socket = open(path).on('error', () => undefined);
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    return [response.statusCode!, await bodyOf(response), response.headers];
  }

  it('passes messages both ways, and the end', async () => {
    const socket = open(pod('/chat?room=1', 'web:9000'));
    expect(String((await once(socket, 'message'))[0])).toBe('/chat?room=1 undefined');
    const large = Buffer.alloc(3_000_000, 'x');
    socket.send(large);
    expect(((await once(socket, 'message'))[0] as Buffer).equals(large)).toBe(true);
    socket.close(4001, 'enough');
    expect((await once(socket, 'close'))[0]).toBe(4001);
  });

  it('passes the answer of a program that refuses', async () => {
    expect(await refusal(pod('/refused', 'web:9000'))).toMatchObject([403, 'no', { connection: 'close' }]);
  });

  it('says why it cannot be reached', async () => {
    const [code, text] = await refusal(pod('/', 'web:1'));
    expect([code, JSON.parse(text)]).toMatchObject([503, { message: expect.stringContaining('connection refused') }]);
  });

  it('ends on either side when the other goes', async () => {
    const connections: Duplex[] = [];
    programs.get(9000)!.on('connection', (socket: Duplex) => connections.push(socket));
    const [first, second] = [open(pod('/', 'web:9000')), open(pod('/', 'web:9000'))];
    await Promise.all([once(first, 'message'), once(second, 'message')]);
    const gone = connections.map((socket) => new Promise((resolve) => socket.on('close', resolve)));
    first.terminate();
    await Promise.race(gone);
    const closed = once(second, 'close');
    for (const socket of connections) socket.destroy();
    expect((await closed)[0]).toBe(1006);
  });
});
