/** An API server of the real registry on a loopback port, without TLS, and a client of a few lines. */

import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import type { ApiCore } from '../../../src/api/api-core.ts';
import { createApiServer } from '../../../src/api/api-server.ts';
import { createApiCore } from '../../../src/api/create-api-core.ts';
import type { Dial } from '../../../src/api/dial.ts';
import { InProcessTransport } from '../../../src/api/in-process-transport.ts';
import type { KubeletConnector } from '../../../src/api/kubelet-connector.ts';
import { statusError } from '../../../src/api/status-error.ts';
import type { StoreOptions } from '../../../src/api/store/store.ts';
import { NAMESPACES } from '../../../src/objects/resource.ts';
import type { Namespace } from '../../../src/objects/wire.ts';

export const TOKEN = 'secret-token';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

export interface TestServer {
  readonly port: number;
  readonly core: ApiCore;
  readonly transport: InProcessTransport;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Sends a body as it is. */
  send(method: string, path: string, body: string | Uint8Array, type: string): Promise<Answer>;
  close(): void;
}

/** A connector for tests that reach no kubelet. */
export const NO_KUBELETS: KubeletConnector = {
  exec: () => Promise.reject(statusError(500, 'InternalError', 'no kubelet')),
  attach: () => Promise.reject(statusError(500, 'InternalError', 'no kubelet')),
  logs: () => Promise.reject(statusError(500, 'InternalError', 'no kubelet')),
  portForward: () => Promise.reject(statusError(500, 'InternalError', 'no kubelet')),
};

export async function startTestServer(
  options: { kubelets?: KubeletConnector; dial?: Dial; store?: StoreOptions } = {},
): Promise<TestServer> {
  const registry = { serviceCIDRs: ['10.96.0.0/12'], certificateAuthority: 'PEM' };
  const core = createApiCore(registry, { freeze: true, ...options.store });
  const transport = new InProcessTransport(core);
  await transport.create(NAMESPACES, { metadata: { name: 'default' } } as Namespace);
  const server = createApiServer({
    core,
    kubelets: options.kubelets ?? NO_KUBELETS,
    ...(options.dial === undefined ? {} : { dial: options.dial }),
    tokens: [{ token: TOKEN, user: { username: 'admin', groups: ['system:masters'] } }],
    kubernetesVersion: 'v1.36.0',
  });
  const listener = createServer();
  server.attach(listener);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  const url = (path: string) => `http://127.0.0.1:${port}${path}`;
  const send = async (
    method: string,
    path: string,
    body: string | Uint8Array | undefined,
    headers: Record<string, string>,
  ) => {
    const response = await fetch(url(path), {
      method,
      headers: { Authorization: `Bearer ${TOKEN}`, ...headers },
      ...(body === undefined ? {} : { body: body as string }),
    });
    const text = await response.text();
    const json = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, text, body: json ? JSON.parse(text) : undefined };
  };
  return {
    ...{ port, core, transport },
    call: (method, path, body, headers = {}) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      return send(method, path, text, { 'Content-Type': 'application/json', ...headers });
    },
    send: (method, path, body, type) => send(method, path, body, { 'Content-Type': type }),
    close() {
      server.close();
      listener.close();
    },
  };
}

export interface WatchedEvent {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of every shape
  readonly object: any;
}

export interface TestWatch {
  /** Resolves with the next event; undefined when the stream has ended. */
  next(): Promise<WatchedEvent | undefined>;
  /** Stops reading, so that the server's buffer fills. */
  pause(): void;
  resume(): void;
  end(): void;
}

/** Opens a watch; its events come as they are asked for. */
export function openWatch(server: TestServer, path: string, accept = 'application/json'): Promise<TestWatch> {
  return new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${TOKEN}`, Accept: accept };
    const message = request({ host: '127.0.0.1', port: server.port, path, headers, agent: false });
    message.on('error', reject);
    message.on('response', (response) => {
      const events: (WatchedEvent | undefined)[] = [];
      const waiting: ((event: WatchedEvent | undefined) => void)[] = [];
      const give = (event: WatchedEvent | undefined) => {
        const next = waiting.shift();
        if (next === undefined) events.push(event);
        else next(event);
      };
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop()!;
        for (const line of lines) give(JSON.parse(line) as WatchedEvent);
      });
      response.on('error', () => undefined);
      response.on('close', () => give(undefined));
      resolve({
        next: () => (events.length > 0 ? Promise.resolve(events.shift()) : new Promise((next) => waiting.push(next))),
        pause: () => response.pause(),
        resume: () => response.resume(),
        end: () => message.destroy(),
      });
    });
    message.end();
  });
}

export const SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
};

export function configMap(name: string, data: Record<string, string> = {}, labels?: Record<string, string>): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...(labels === undefined ? {} : { labels }) }, data };
}

export const TABLE_V1 = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
