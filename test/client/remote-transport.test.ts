import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import * as net from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiConnectionOptions } from '../../src/client/api-connection.ts';
import { RemoteTransport } from '../../src/client/remote-transport.ts';
import { PODS, type ResourceType, SERVICES } from '../../src/objects/resource.ts';
import { ApiError, type WatchEvent } from '../../src/objects/transport.ts';
import type { ApiObject, Service } from '../../src/objects/wire.ts';
import { type TestCertificate, testCertificate } from '../support/test-certificate.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

let certificate: TestCertificate;
let server: Server;
let handler: Handler;
let seen: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[];
let connections: number;
let transport: RemoteTransport;

beforeAll(async () => {
  certificate = await testCertificate('control-plane');
  server = createServer({ cert: certificate.cert, key: certificate.key }, (request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      seen.push({ method: request.method!, url: request.url!, headers: request.headers, body });
      handler(request, response, body);
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  seen = [];
  connections = 0;
  transport = open();
});

afterEach(() => transport.close());

function open(options: Partial<ApiConnectionOptions> = {}): RemoteTransport {
  const { port } = server.address() as AddressInfo;
  return new RemoteTransport({
    server: `https://127.0.0.1:${port}`,
    ca: certificate.ca,
    serverName: 'control-plane',
    token: 's3cret',
    ...options,
  });
}

function answer(value: unknown, status = 200): Handler {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };
}

const service: Service = { metadata: { name: 'web', namespace: 'shop' }, spec: { ports: [{ port: 80 }] } };

describe('requests', () => {
  it('lists with selectors and gives each item its type', async () => {
    handler = answer({ kind: 'ServiceList', metadata: { resourceVersion: '7' }, items: [service] });
    const result = await transport.list(SERVICES, { namespace: 'shop', labelSelector: 'a=b,!c' });
    expect(result).toEqual({ items: [{ apiVersion: 'v1', kind: 'Service', ...service }], resourceVersion: '7' });
    expect(seen[0]?.url).toBe('/api/v1/namespaces/shop/services?labelSelector=a%3Db%2C%21c');
    expect(seen[0]?.headers.authorization).toBe('Bearer s3cret');
  });

  it('reads a list whose items are null', async () => {
    handler = answer({ kind: 'ServiceList', metadata: { resourceVersion: '7' }, items: null });
    expect((await transport.list(SERVICES)).items).toEqual([]);
  });

  it('leaves the claims of field managers out of what is kept in caches', async () => {
    const claimed = { ...service, metadata: { ...service.metadata, managedFields: [{ manager: 'kubectl' }] } };
    handler = answer({ kind: 'ServiceList', metadata: { resourceVersion: '7' }, items: [claimed] });
    expect((await transport.list(SERVICES)).items[0]?.metadata).toEqual(service.metadata);
    handler = answer(claimed);
    const key = { namespace: 'shop', name: 'web' };
    expect((await transport.get(SERVICES, key)).metadata?.managedFields).toHaveLength(1);
  });

  it.each([
    ['create', () => transport.create(SERVICES, service), 'POST', '/api/v1/namespaces/shop/services'],
    ['update', () => transport.update(SERVICES, service), 'PUT', '/api/v1/namespaces/shop/services/web'],
    [
      'update of the status',
      () => transport.update(SERVICES, service, { subresource: 'status', fieldManager: 'me' }),
      'PUT',
      '/api/v1/namespaces/shop/services/web/status?fieldManager=me',
    ],
  ])('sends a %s with the type in its body', async (_, call, method, url) => {
    handler = answer({ ...service, apiVersion: 'v1', kind: 'Service' }, method === 'POST' ? 201 : 200);
    expect(await call()).toMatchObject(service);
    expect(seen[0]).toMatchObject({ method, url });
    expect(JSON.parse(seen[0]!.body)).toEqual({ apiVersion: 'v1', kind: 'Service', ...service });
  });

  it('creates a subresource at its object, with its own kind', async () => {
    handler = answer({ kind: 'Status', status: 'Success' }, 201);
    const pods: ResourceType<ApiObject> = PODS;
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'p', namespace: 'ns' },
      target: { name: 'n1' },
    };
    await transport.create(pods, binding, { subresource: 'binding' });
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/api/v1/namespaces/ns/pods/p/binding' });
    expect(JSON.parse(seen[0]!.body)).toEqual(binding);
  });

  it.each([
    ['json', 'application/json-patch+json'],
    ['merge', 'application/merge-patch+json'],
    ['strategic', 'application/strategic-merge-patch+json'],
  ] as const)('patches as %s', async (kind, contentType) => {
    handler = answer(service);
    await transport.patch(SERVICES, { namespace: 'shop', name: 'web' }, kind, { spec: {} });
    expect(seen[0]).toMatchObject({ method: 'PATCH', body: '{"spec":{}}' });
    expect(seen[0]?.headers['content-type']).toBe(contentType);
  });

  it('sends delete options in the body', async () => {
    handler = answer({ kind: 'Status', status: 'Success' });
    await transport.delete(
      PODS,
      { namespace: 'ns', name: 'p' },
      { gracePeriodSeconds: 0, preconditions: { uid: 'u' } },
    );
    expect(JSON.parse(seen[0]!.body)).toMatchObject({ gracePeriodSeconds: 0, preconditions: { uid: 'u' } });
  });

  it('reuses a connection', async () => {
    handler = answer(service);
    for (let i = 0; i < 3; i += 1) await transport.get(SERVICES, { namespace: 'shop', name: 'web' });
    expect(connections).toBe(1);
  });
});

describe('failures', () => {
  it("throws the server's Status", async () => {
    const message = 'services "web" not found';
    handler = answer({ kind: 'Status', status: 'Failure', reason: 'NotFound', message, code: 404 }, 404);
    const error = await transport.get(SERVICES, { namespace: 'shop', name: 'web' }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 404, reason: 'NotFound', message });
  });

  it('wraps an answer that is no Status', async () => {
    handler = (_, response) => response.writeHead(502).end('<html>Bad Gateway</html>');
    await expect(transport.list(SERVICES)).rejects.toMatchObject({
      code: 502,
      message: 'the server answered 502: <html>Bad Gateway</html>',
    });
  });

  it('gives up at the deadline and names what was asked', async () => {
    handler = () => undefined;
    transport = open({ deadlineMs: 50 });
    await expect(transport.list(SERVICES, { labelSelector: 'a=b' })).rejects.toThrow(
      /no answer from 127.0.0.1:\d+ to GET \/api\/v1\/services within 0.05 s/,
    );
  });

  it('refuses a certificate of another name or authority', async () => {
    handler = answer(service);
    await expect(open({ serverName: 'elsewhere' }).list(SERVICES)).rejects.toThrow(/does not match certificate/);
    const other = await testCertificate('control-plane');
    await expect(open({ ca: other.ca }).list(SERVICES)).rejects.toThrow(
      /signature failure|unable to verify|self-signed/,
    );
  });

  it('rejects when the connection cannot be made', async () => {
    const closed = net.createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await expect(open({ server: `https://127.0.0.1:${port}` }).list(SERVICES)).rejects.toThrow(/ECONNREFUSED/);
  });

  it('repeats a read, not a write, that met a connection closed while it was idle', async () => {
    handler = answer(service, 200);
    await transport.get(SERVICES, { namespace: 'shop', name: 'web' });
    const closing: Handler = (request) => {
      handler = answer(service);
      request.socket.destroy();
    };
    handler = closing;
    expect(await transport.get(SERVICES, { namespace: 'shop', name: 'web' })).toEqual(service);
    handler = closing;
    await expect(transport.create(SERVICES, service)).rejects.toThrow();
    expect(seen.map(({ method }) => method)).toEqual(['GET', 'GET', 'GET', 'POST']);
  });
});

describe('the connection', () => {
  it('starts where the injected function makes it, and asks for the token each time', async () => {
    handler = answer(service);
    const asked: [string, number][] = [];
    let token = 0;
    transport = open({
      token: async () => `t${++token}`,
      connect: (host, port) => {
        asked.push([host, port]);
        return net.connect(port, host);
      },
    });
    await transport.list(SERVICES);
    await transport.list(SERVICES);
    expect(asked).toEqual([['127.0.0.1', (server.address() as AddressInfo).port]]);
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer t1', 'Bearer t2']);
  });
});

describe('watches', () => {
  const added = { type: 'ADDED', object: service } as WatchEvent<Service>;

  it('yields events that come in pieces, and ends when the server does', async () => {
    handler = (_, response) => {
      const text = `${JSON.stringify(added)}\n${JSON.stringify({ type: 'BOOKMARK', object: {} })}\n`;
      response.write(text.slice(0, 20));
      setImmediate(() => response.end(text.slice(20)));
    };
    const events = [];
    const options = { signal: new AbortController().signal, resourceVersion: '5', allowBookmarks: true };
    for await (const event of transport.watch(SERVICES, options)) events.push(event);
    expect(events).toEqual([added, { type: 'BOOKMARK', object: {} }]);
    const query = new URL(seen[0]!.url, 'https://x').searchParams;
    expect(Object.fromEntries(query)).toMatchObject({
      watch: 'true',
      resourceVersion: '5',
      allowWatchBookmarks: 'true',
    });
    expect(Number(query.get('timeoutSeconds'))).toBeGreaterThanOrEqual(300);
  });

  it('ends quietly when aborted, before and after the first event', async () => {
    handler = (_, response) => response.write(`${JSON.stringify(added)}\n`);
    const abort = new AbortController();
    let count = 0;
    for await (const _ of transport.watch(SERVICES, { signal: abort.signal })) {
      count += 1;
      setImmediate(() => abort.abort());
    }
    expect(count).toBe(1);
    for await (const _ of transport.watch(SERVICES, { signal: abort.signal })) count += 1;
    expect(count).toBe(1);
  });

  it('ends quietly when aborted while the server has not yet answered', async () => {
    const abort = new AbortController();
    handler = () => abort.abort();
    for await (const _ of transport.watch(SERVICES, { signal: abort.signal })) expect.fail('no event was sent');
    expect(abort.signal.aborted).toBe(true);
  });

  it.each([
    ['as an event', 200, { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } }],
    ['as an answer', 410, { kind: 'Status', code: 410, reason: 'Expired' }],
  ])('throws 410 sent %s', async (_, status, body) => {
    handler = (_request, response) => response.writeHead(status).end(`${JSON.stringify(body)}\n`);
    const events = transport.watch(SERVICES, { signal: new AbortController().signal });
    await expect(events.next()).rejects.toMatchObject({ code: 410, reason: 'Expired' });
  });

  it('throws when the connection is lost', async () => {
    handler = (request, response) => {
      response.write(`${JSON.stringify(added)}\n`);
      setImmediate(() => request.socket.destroy());
    };
    const events = transport.watch(SERVICES, { signal: new AbortController().signal });
    expect((await events.next()).value).toEqual(added);
    await expect(events.next()).rejects.toThrow();
  });

  it('lets go of the connection when the consumer stops', async () => {
    let closed: Promise<unknown> = Promise.resolve();
    handler = (request, response) => {
      closed = once(request.socket, 'close');
      response.write(`${JSON.stringify(added)}\n`);
    };
    for await (const _ of transport.watch(SERVICES, { signal: new AbortController().signal })) break;
    await closed;
    expect(seen).toHaveLength(1);
  });

  it('survives a link that fails before anybody awaits the request', async () => {
    const cut = open({
      connect: () => {
        const socket = new net.Socket();
        process.nextTick(() => socket.destroy(new Error('connect ENETUNREACH')));
        return socket;
      },
    });
    // From a timer all of it, the failure too, happens before the first promise goes on.
    const asked = new Promise((resolve) => {
      setImmediate(() => resolve(cut.get(PODS, { namespace: 'default', name: 'web' })));
    });
    await expect(asked).rejects.toThrow('ENETUNREACH');
    cut.close();
  });
});
