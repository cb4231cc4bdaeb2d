/** An API server with TLS and short deadlines, what attackers send to it as raw bytes, and a bystander who is served. */
import { request } from 'node:https';
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ApiCore } from '../../../src/api/api-core.ts';
import { createApiServer, type Deadlines } from '../../../src/api/api-server.ts';
import { createApiCore } from '../../../src/api/create-api-core.ts';
import { InProcessTransport } from '../../../src/api/in-process-transport.ts';
import { createServingCertificate } from '../../../src/api/tls/certificates.ts';
import { NAMESPACES } from '../../../src/objects/resource.ts';
import type { Namespace, Status } from '../../../src/objects/wire.ts';
import { NO_KUBELETS } from '../../api/http/fixture.ts';

export const TOKEN = 'the-token';
export const SHORT_DEADLINES: Deadlines = { handshake: 2000, headers: 2000, request: 3000 };

export interface RawAnswer {
  readonly code: number;
  readonly headers: string;
  readonly status: Partial<Status>;
}

export interface AttackedServer {
  readonly core: ApiCore;
  readonly transport: InProcessTransport;
  readonly logged: string[];
  /** A TCP connection without TLS. */
  dial(): Socket;
  /** A TLS connection, handshake done. */
  dialTls(): Promise<Socket>;
  /** Sends bytes as they are and reads until the server closes. */
  raw(...bytes: readonly (string | Uint8Array)[]): Promise<RawAnswer>;
  /** A well-formed request with the token. */
  call(method: string, path: string, body?: string | Uint8Array, headers?: Record<string, string>): Promise<RawAnswer>;
  /** `count` requests of another client, one after the other, all answered 200; their latencies in ms. */
  serveBystander(count?: number): Promise<number[]>;
  close(): void;
}

export async function startAttackedServer(deadlines?: Deadlines): Promise<AttackedServer> {
  const { ca, cert, key } = createServingCertificate([]);
  const core = createApiCore({ serviceCIDRs: ['10.96.0.0/12'], certificateAuthority: ca });
  const transport = new InProcessTransport(core);
  await transport.create(NAMESPACES, { metadata: { name: 'default' } } as Namespace);
  const logged: string[] = [];
  const log = (message: string, fields?: unknown) => logged.push(`${message} ${JSON.stringify(fields)}`);
  const server = createApiServer({
    ...{ core, kubelets: NO_KUBELETS, tls: { cert, key }, kubernetesVersion: 'v1.36.0' },
    ...(deadlines === undefined ? {} : { deadlines }),
    tokens: [{ token: TOKEN, user: { username: 'admin', groups: ['system:masters'] } }],
    logger: { info: log, warn: log, error: log },
  });
  const listener = createServer();
  server.attach(listener);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', 4096, resolve));
  const { port } = listener.address() as AddressInfo;

  const dial = () => {
    const socket = connectTcp(port, '127.0.0.1');
    socket.on('error', () => undefined);
    return socket;
  };
  const dialTls = () =>
    new Promise<Socket>((resolve, reject) => {
      const socket = connectTls({ port, host: '127.0.0.1', ca, allowHalfOpen: true } as never, () => resolve(socket));
      socket.on('error', reject);
    });
  const call: AttackedServer['call'] = (method, path, body, headers = {}) =>
    new Promise((resolve, reject) => {
      const message = request({
        ...{ host: '127.0.0.1', port, ca, servername: 'localhost', method, path, agent: false },
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...headers },
      });
      message.on('error', reject);
      message.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({ code: response.statusCode!, headers: response.rawHeaders.join(' '), status: JSON.parse(text) }),
        );
      });
      message.end(body);
    });

  return {
    ...{ core, transport, logged, dial, dialTls, call },
    raw: async (...bytes) => answerOf(await exchange(await dialTls(), bytes)),
    async serveBystander(count = 10) {
      const latencies: number[] = [];
      for (let index = 0; index < count; index += 1) {
        const start = performance.now();
        const { code } = await call('GET', '/api/v1/namespaces/default');
        if (code !== 200) throw new Error(`the bystander was answered ${code}`);
        latencies.push(performance.now() - start);
      }
      return latencies;
    },
    close() {
      server.close();
      listener.close();
    },
  };
}

/** What comes back on a connection until it is closed. */
export function exchange(socket: Socket, bytes: readonly (string | Uint8Array)[]): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
    socket.on('end', () => socket.end());
    for (const chunk of bytes) socket.write(chunk);
  });
}

/** Reads one HTTP answer with its Status; interim answers (100 Continue) are left out. */
export function answerOf(text: string): RawAnswer {
  const rest = text.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '');
  const code = Number(/^HTTP\/1\.1 (\d{3})/.exec(rest)?.[1] ?? 0);
  const [headers = '', body = ''] = rest.split(/\r\n\r\n([\s\S]*)/);
  return { code, headers, status: body === '' ? {} : (JSON.parse(body) as Status) };
}

/** A request head with the token. */
export function head(line: string, ...headers: readonly string[]): string {
  return [line, 'Host: 127.0.0.1', `Authorization: Bearer ${TOKEN}`, ...headers, '', ''].join('\r\n');
}
